/** Pictures of a video in the order of time: its thumbnails, and the tiles of its storyboard. Pure. */

import type { Thumbnail } from "@/lib/api/models";
import type { Storyboard } from "@/features/videos/storyboard";

export interface Stop {
  timeS: number;
  /** Null for a tile of the storyboard. */
  thumbnail: Thumbnail | null;
  /** Number of the tile, 0 for a thumbnail. */
  tile: number;
}

/** A tile this near to a thumbnail shows the same moment. */
const SAME_S = 0.01;

/** Return all stops, the earliest first. */
export function stopsOf(
  thumbnails: readonly Thumbnail[],
  storyboard: Pick<Storyboard, "tiles" | "interval_s"> | null,
): Stop[] {
  const marks = thumbnails.map((thumbnail) => ({ timeS: thumbnail.time_s, thumbnail, tile: 0 }));
  const tiles = Array.from({ length: storyboard?.tiles ?? 0 }, (_, tile) => ({
    timeS: tile * (storyboard?.interval_s ?? 0),
    thumbnail: null,
    tile,
  })).filter(({ timeS }) => marks.every((mark) => Math.abs(mark.timeS - timeS) > SAME_S));
  return [...marks, ...tiles].sort((one, other) => one.timeS - other.timeS);
}

/** Return the number of the stop to show at a time: a thumbnail within `snapS`, else the tile that covers the time.
 *
 * Without a storyboard it is the nearest thumbnail. -1 if there is no stop.
 */
export function stopNear(stops: readonly Stop[], timeS: number, snapS = SAME_S): number {
  const distance = (stop: Stop | undefined) => (stop ? Math.abs(stop.timeS - timeS) : Infinity);
  let mark = -1;
  let tile = -1;
  stops.forEach((stop, number) => {
    if (stop.thumbnail === null) {
      if (tile < 0 || stop.timeS <= timeS) tile = number;
    } else if (distance(stop) < distance(stops[mark])) mark = number;
  });
  return tile < 0 || distance(stops[mark]) <= snapS ? mark : tile;
}

/** Return the number of the middle thumbnail, else of the first stop. -1 if there is no stop. */
export function middleStop(stops: readonly Stop[]): number {
  const marks = stops.flatMap((stop, number) => (stop.thumbnail ? [number] : []));
  return marks[Math.floor(marks.length / 2)] ?? Math.min(0, stops.length - 1);
}
