import { expect, it } from "vitest";
import { tilesOf } from "./storyboard";

it("a storyboard's tiles lie row by row on their sheet", () => {
  const tiles = tilesOf({ tiles: 12, columns: 10, interval_s: 5, tile_width_px: 160, tile_height_px: 90 });
  expect(tiles).toHaveLength(12);
  expect(tiles[0]).toEqual({ time_s: 0, left_px: 0, top_px: 0 });
  expect(tiles[9]).toEqual({ time_s: 45, left_px: 1440, top_px: 0 });
  expect(tiles[11]).toEqual({ time_s: 55, left_px: 160, top_px: 90 });
});
