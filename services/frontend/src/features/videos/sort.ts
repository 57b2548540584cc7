/** Order of the lists of videos. Pure. */

import type { Video } from "@/lib/api/models";
import { nameOf } from "./names";

/** The first is the default. */
export const SORTS = ["newest", "oldest", "name", "longest", "largest", "slowest"] as const;

export type Sort = (typeof SORTS)[number];

export function sortOf(text: string): Sort {
  return SORTS.find((sort) => sort === text) ?? "newest";
}

/** Return true if the api sorts all videos so: its table has an index by time only. */
export function isOrderOfApi(sort: Sort): sort is "newest" | "oldest" {
  return sort === "newest" || sort === "oldest";
}

type Sorted = Pick<Video, "key" | "duration_s" | "size_bytes" | "queued_at" | "finished_at">;

/** Return the seconds from the message of the current attempt to its end, null before the end. */
export function tookS({ queued_at: queuedAt, finished_at: finishedAt }: Sorted): number | null {
  return finishedAt ? Math.max(0, (Date.parse(finishedAt) - Date.parse(queuedAt)) / 1000) : null;
}

const FIGURES = {
  longest: ({ duration_s: durationS }: Sorted) => durationS ?? null,
  largest: ({ size_bytes: sizeBytes }: Sorted) => sizeBytes,
  slowest: tookS,
} as const;

/** Return the videos in this order. Those without the figure are the last. */
export function sortVideos<V extends Sorted>(videos: readonly V[], sort: Sort): readonly V[] {
  if (isOrderOfApi(sort)) return videos;
  if (sort === "name") {
    const names = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
    return [...videos].sort((one, other) => names.compare(nameOf(one.key), nameOf(other.key)));
  }
  const figure = FIGURES[sort];
  return [...videos].sort((one, other) => (figure(other) ?? -1) - (figure(one) ?? -1));
}
