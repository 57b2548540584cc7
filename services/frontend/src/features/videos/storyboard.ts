/** Where each picture of a storyboard lies on its sheet, as its WebVTT file says it. Pure. */

import type { VideoDetails } from "@/lib/api/models";

export type Storyboard = NonNullable<VideoDetails["storyboard"]>;

export interface Tile {
  /** It stands for the video from this time on. */
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
