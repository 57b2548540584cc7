/** Counts for the overview. Pure. */

import type { Metrics, Pod } from "@/lib/api/models";

export function countVideos(metrics: Metrics): number {
  return Object.values(metrics.videos).reduce((sum, count) => sum + count, 0);
}

/** Count pods by component, largest count first. */
export function countByComponent(pods: readonly Pod[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { component } of pods) counts.set(component, (counts.get(component) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
}
