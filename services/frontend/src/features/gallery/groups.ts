/** Thumbnails by video. Pure. */

import type { Thumbnail, Video } from "@/lib/api/models";

export interface VideoPictures {
  key: string;
  /** At least one, in the order of the list. */
  pictures: readonly Thumbnail[];
}

/** Return one entry for each video, in the order in which the list names it first. */
export function groupByVideo(thumbnails: readonly Thumbnail[]): VideoPictures[] {
  const groups = new Map<string, Thumbnail[]>();
  for (const thumbnail of thumbnails) {
    const known = groups.get(thumbnail.video_key);
    if (known) known.push(thumbnail);
    else groups.set(thumbnail.video_key, [thumbnail]);
  }
  return [...groups].map(([key, pictures]) => ({ key, pictures }));
}

/** Return the pictures of each video, those of one position if it is given. Videos without any are left out. */
export function picturesOf(videos: readonly Video[], positionPct: number | null): VideoPictures[] {
  return videos
    .map(({ key, thumbnails }) => ({
      key,
      pictures: thumbnails.filter(({ position_pct: pct }) => positionPct === null || pct === positionPct),
    }))
    .filter(({ pictures }) => pictures.length > 0);
}
