/** The strip of candidates as a sheet of one row. Pure. */

import type { TiledSheets } from "@/features/videos/storyboard";
import type { Poster } from "./scores";

export function stripOf(poster: Poster): TiledSheets {
  const { candidates, candidates_url, tile_width_px, tile_height_px } = poster;
  const tiles = candidates.length;
  return { tiles, columns: tiles, rows: 1, interval_s: 1, sheet_urls: [candidates_url], tile_width_px, tile_height_px };
}
