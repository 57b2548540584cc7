import { expect, it } from "vitest";
import { tilesOf } from "./storyboard";

it("places storyboard tiles row by row", () => {
  const tiles = tilesOf({ tiles: 12, columns: 10, interval_s: 5, tile_width_px: 160, tile_height_px: 90 });
  expect(tiles).toHaveLength(12);
  expect(tiles[0]).toEqual({ timeS: 0, leftPx: 0, topPx: 0 });
  expect(tiles[9]).toEqual({ timeS: 45, leftPx: 1440, topPx: 0 });
  expect(tiles[11]).toEqual({ timeS: 55, leftPx: 160, topPx: 90 });
});
