/** Counts for the overview. Pure. */

import type { Metrics, Pod } from "@/lib/api/models";

/** Count the videos that have thumbnails: neither those that failed nor those in progress. */
export function countVideosWithThumbnails({ videos }: Pick<Metrics, "videos">): number {
  return (videos.done ?? 0) + (videos.degraded ?? 0);
}

/** Count pods by component, largest count first. */
export function countByComponent(pods: readonly Pod[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { component } of pods) counts.set(component, (counts.get(component) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}
