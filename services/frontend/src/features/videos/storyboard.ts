/** Positions of the pictures on a storyboard's sheet, as in its WebVTT file. Pure. */

import type { VideoDetails } from "@/lib/api/models";

export type Storyboard = NonNullable<VideoDetails["storyboard"]>;

export interface Tile {
  /** Start of the interval that the tile represents. */
  timeS: number;
  leftPx: number;
  topPx: number;
}

type Sheet = Pick<Storyboard, "tiles" | "columns" | "interval_s" | "tile_width_px" | "tile_height_px">;

export function tilesOf({ tiles, columns, interval_s, tile_width_px, tile_height_px }: Sheet): Tile[] {
  return Array.from({ length: tiles }, (_, number) => ({
    timeS: number * interval_s,
    leftPx: (number % columns) * tile_width_px,
    topPx: Math.floor(number / columns) * tile_height_px,
  }));
}
