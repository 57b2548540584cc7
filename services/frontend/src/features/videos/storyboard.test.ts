import { expect, it } from "vitest";
import { tilesOf } from "./storyboard";

it("places storyboard tiles row by row, sheet by sheet", () => {
  const tiles = tilesOf({ tiles: 12, columns: 5, rows: 2, interval_s: 5, sheet_urls: ["/one", "/two"] });
  expect(tiles).toHaveLength(12);
  expect(tiles[0]).toEqual({ timeS: 0, url: "/one", row: 0, column: 0 });
  expect(tiles[9]).toEqual({ timeS: 45, url: "/one", row: 1, column: 4 });
  expect(tiles[11]).toEqual({ timeS: 55, url: "/two", row: 0, column: 1 });
});
