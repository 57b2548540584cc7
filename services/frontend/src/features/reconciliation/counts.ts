/** Counts of a reconciliation. Pure. */

import type { Schemas } from "@/lib/api/call";

type Counts = Schemas["ReconciliationCounts"];

export const QUEUED = ["missing", "changed", "outdated", "lost"] as const;
export const REMOVED = ["gone", "surplus"] as const;
export const LEFT = ["kept", "failed", "in_progress", "deleted", "dismissed"] as const;

export type Finding = (typeof QUEUED | typeof REMOVED | typeof LEFT)[number];

export function sumOf(counts: Counts, findings: readonly Finding[]): number {
  return findings.reduce((sum, finding) => sum + counts[finding], 0);
}

/** Count the changes that were made, or would be. */
export function countChanges(counts: Counts): number {
  return sumOf(counts, QUEUED) + sumOf(counts, REMOVED);
}

/** Return the done share of the planned changes, from 0 to 1; undefined if no number is planned. */
export function shareOf(counts: Counts, planned: Counts | null | undefined): number | undefined {
  const all = planned ? countChanges(planned) : 0;
  return all > 0 ? Math.min(1, countChanges(counts) / all) : undefined;
}
