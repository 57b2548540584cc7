/** Selection of videos in a list. Pure. */

import type { Schemas } from "@/lib/api/call";
import type { VideoFilter } from "./filter";

export type JobFilter = Schemas["JobFilter"];

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

/** Return the filter of a job for all videos of the list, null if a job cannot express it. */
export function jobFilterOf({ state, q, folder, extension, reason, from, to }: VideoFilter): JobFilter | null {
  if (q || extension || from || to || !(state || folder || reason)) return null;
  const path = folder.replace(/^\/+|\/+$/g, "");
  return {
    ...(state ? { state: state as NonNullable<JobFilter["state"]> } : {}),
    ...(path ? { prefix: `uploads/${path}/` } : {}),
    ...(reason ? { reason_code: reason as NonNullable<JobFilter["reason_code"]> } : {}),
  };
}
