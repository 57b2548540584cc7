import { expect, it } from "vitest";
import { prependPage } from "./merge";

const keyOf = (item: string) => item;

it("puts new items first and keeps each once", () => {
  const pages = [
    { items: ["c", "b"], next_cursor: "1" },
    { items: ["a"], next_cursor: null },
  ];
  expect(prependPage(pages, { items: ["d", "a"], next_cursor: "x" }, keyOf)).toEqual([
    { items: ["d", "a", "c", "b"], next_cursor: "1" },
    { items: [], next_cursor: null },
  ]);
});

it("returns the fresh page for an empty list", () => {
  const fresh = { items: ["a"], next_cursor: "x" };
  expect(prependPage<string, typeof fresh>([], fresh, keyOf)).toEqual([fresh]);
});
