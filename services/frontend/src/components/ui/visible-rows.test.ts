import { expect, test } from "vitest";
import { endRow, firstRow } from "./visible-rows";

const rows = { count: 1000, rowHeightPx: 50, topPx: 200 };

test("draws the rows in the window and four on each side", () => {
  expect([firstRow(rows, 0), endRow(rows, 0, 500)]).toEqual([0, 10]);
  expect([firstRow(rows, 1200), endRow(rows, 1200, 500)]).toEqual([16, 34]);
});

test("draws the last rows at the end of the page", () => {
  expect([firstRow(rows, 49_700), endRow(rows, 49_700, 500)]).toEqual([986, 1000]);
});

test("draws one row of a list that ends above the window", () => {
  const short = { ...rows, count: 3 };
  expect([firstRow(short, 49_700), endRow(short, 49_700, 500)]).toEqual([2, 3]);
});

test("draws nothing of an empty list", () => {
  const empty = { ...rows, count: 0 };
  expect([firstRow(empty, 100), endRow(empty, 100, 500)]).toEqual([0, 0]);
});
