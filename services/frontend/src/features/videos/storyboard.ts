/** Where each picture of a storyboard lies on its sheet, as its WebVTT file says it. Pure. */

import type { VideoDetails } from "@/lib/api/models";

export type Storyboard = NonNullable<VideoDetails["storyboard"]>;

export interface Tile {
  /** It stands for the video from this time on. */
  time_s: number;
  left_px: number;
  top_px: number;
}

type Sheet = Pick<Storyboard, "tiles" | "columns" | "interval_s" | "tile_width_px" | "tile_height_px">;

export function tilesOf({ tiles, columns, interval_s, tile_width_px, tile_height_px }: Sheet): Tile[] {
  return Array.from({ length: tiles }, (_, number) => ({
    time_s: number * interval_s,
    left_px: (number % columns) * tile_width_px,
    top_px: Math.floor(number / columns) * tile_height_px,
  }));
}
