/** End of a batch of uploads: the moment when the last one that was open has ended. Pure. */

import { FAILED, hasEnded, type Upload } from "./store";

export interface Batch {
  ended: number;
  failed: number;
}

/** Return the batch that has ended between two states of the list, null if none has. */
export function endedBatch(before: readonly Upload[], after: readonly Upload[]): Batch | null {
  const wasOpen = before.filter((upload) => !hasEnded(upload));
  if (wasOpen.length === 0 || after.some((upload) => !hasEnded(upload))) return null;
  const ended = after.filter(({ state }) => state !== "cancelled");
  if (ended.length === 0) return null;
  return { ended: ended.length, failed: ended.filter(({ state }) => FAILED.includes(state)).length };
}
