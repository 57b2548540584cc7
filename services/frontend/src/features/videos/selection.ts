/** Selection of videos in a list. Pure. */

import type { Schemas } from "@/lib/api/call";
import { queryOf, type VideoFilter } from "./filter";

export type JobFilter = Schemas["JobFilter"];
export type JobKind = Schemas["JobRequest"]["kind"];
export type StateCounts = Partial<Record<NonNullable<JobFilter["state"]>, number>>;

export interface Selection {
  keys: ReadonlySet<string>;
  /** Key that was clicked last: Shift selects from it. */
  anchor: string | null;
}

export const NOTHING: Selection = { keys: new Set(), anchor: null };

/** Return the selection after a click; with `isRange`, all from the anchor to the clicked key get its new state. */
export function select(before: Selection, listed: readonly string[], clicked: string, isRange: boolean): Selection {
  const isOn = !before.keys.has(clicked);
  const from = isRange && before.anchor !== null ? listed.indexOf(before.anchor) : -1;
  const to = listed.indexOf(clicked);
  const changed = from < 0 || to < 0 ? [clicked] : listed.slice(Math.min(from, to), Math.max(from, to) + 1);
  const keys = new Set(before.keys);
  for (const key of changed) {
    if (isOn) keys.add(key);
    else keys.delete(key);
  }
  return { keys, anchor: clicked };
}

/** Return the filter of a job for all videos of the list. */
export function jobFilterOf(filter: VideoFilter): JobFilter {
  const { state, q, folder, extension, reason_code, since, until } = queryOf(filter);
  const chosen = { state, q, folder, extension, reason_code, since, until };
  return Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined)) as JobFilter;
}

/** States that a job takes if its filter has none, as the api does; null for all. */
const TAKEN: Record<JobKind, readonly (keyof StateCounts)[] | null> = {
  delete: null,
  regenerate: ["done", "degraded"],
  retry: ["failed"],
  dismiss: ["failed"],
  restore: ["deleted"],
  undismiss: ["dismissed"],
};

/** Return the number of videos that a job with the counted filter takes. */
export function countTaken(kind: JobKind, counts: StateCounts, { state }: JobFilter): number {
  return sumOf(counts, state ? [state] : TAKEN[kind]);
}

/** Return the number of videos that the list with the counted filter has: a list of all states has no dismissed ones. */
export function countListed(counts: StateCounts, { state }: JobFilter): number {
  return sumOf(counts, null) - (state ? 0 : (counts.dismissed ?? 0));
}

function sumOf(counts: StateCounts, states: readonly (keyof StateCounts)[] | null): number {
  const taken = states ?? (Object.keys(counts) as (keyof StateCounts)[]);
  return taken.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
}
