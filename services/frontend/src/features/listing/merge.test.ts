import { expect, it } from "vitest";
import { withFreshFirst } from "./merge";

const keyOf = (item: string) => item;

it("puts what is new in front and keeps the rest, each once", () => {
  const pages = [
    { items: ["c", "b"], next_cursor: "1" },
    { items: ["a"], next_cursor: null },
  ];
  expect(withFreshFirst(pages, { items: ["d", "a"], next_cursor: "x" }, keyOf)).toEqual([
    { items: ["d", "a", "c", "b"], next_cursor: "1" },
    { items: [], next_cursor: null },
  ]);
});

it("takes the fresh page where there was none", () => {
  const fresh = { items: ["a"], next_cursor: "x" };
  expect(withFreshFirst<string, typeof fresh>([], fresh, keyOf)).toEqual([fresh]);
});
