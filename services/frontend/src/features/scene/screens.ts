/** Choice of the pictures on the wall of screens. Pure. */

import type { Thumbnail } from "@/lib/api/models";

/** Return up to `count` thumbnails, the newest first: first one of each video, then others. */
export function onePerVideo(latest: readonly Thumbnail[], count: number): Thumbnail[] {
  const videos = new Set<string>();
  const first = latest.filter(({ video_key }) => !videos.has(video_key) && videos.add(video_key));
  const others = latest.filter((thumbnail) => !first.includes(thumbnail));
  return [...first, ...others].slice(0, count);
}
