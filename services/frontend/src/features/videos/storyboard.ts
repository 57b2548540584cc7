/** Positions of the pictures on the sheets of a storyboard, as in its WebVTT file. Pure. */

import type { VideoDetails } from "@/lib/api/models";

export type Storyboard = NonNullable<VideoDetails["storyboard"]>;

export interface Tile {
  /** Start of the interval that the tile represents. */
  timeS: number;
  /** URL of the sheet. */
  url: string;
  row: number;
  column: number;
}

type Sheets = Pick<Storyboard, "tiles" | "columns" | "rows" | "interval_s" | "sheet_urls">;

/** Pictures in rows and columns, with their size. */
export type TiledSheets = Sheets & Pick<Storyboard, "tile_width_px" | "tile_height_px">;

export function tilesOf(storyboard: Sheets): Tile[] {
  return Array.from({ length: storyboard.tiles }, (_, number) => tileAt(storyboard, number));
}

export function tileAt({ columns, rows, interval_s, sheet_urls }: Sheets, number: number): Tile {
  const onSheet = number % (columns * rows);
  return {
    timeS: number * interval_s,
    url: sheet_urls[Math.floor(number / (columns * rows))] ?? "",
    row: Math.floor(onSheet / columns),
    column: onSheet % columns,
  };
}
