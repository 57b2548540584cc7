/** Dead letters grouped by reason, and the selection of them. Pure. */

import type { DeadLetter } from "@/lib/api/models";

export interface FailureGroup {
  code: string;
  /** False if the files are the reason: another attempt ends in the same way. */
  isRetryable: boolean;
  letters: DeadLetter[];
}

/** Return groups, largest first; in each, the newest letter first. */
export function groupByReason(letters: readonly DeadLetter[]): FailureGroup[] {
  const groups = new Map<string, DeadLetter[]>();
  for (const letter of letters) {
    const code = letter.reason_code;
    groups.set(code, [...(groups.get(code) ?? []), letter]);
  }
  return [...groups]
    .map(([code, found]) => ({
      code,
      isRetryable: found.some(({ retryable }) => retryable),
      letters: found.sort((a, b) => Date.parse(b.at) - Date.parse(a.at)),
    }))
    .sort((a, b) => b.letters.length - a.letters.length || (a.code < b.code ? -1 : 1));
}

/** Return the reason that all letters of a group share, or null if they differ. */
export function sharedReason({ letters }: FailureGroup): string | null {
  const reason = letters[0]?.reason ?? "";
  return reason && letters.every((letter) => letter.reason === reason) ? reason : null;
}

/** Return the keys of letters that can be redriven. A letter that is no notification has none. */
export function keysOf(letters: readonly DeadLetter[]): string[] {
  return [...new Set(letters.map(({ key }) => key).filter(Boolean))];
}

export type SelectionState = "all" | "some" | "none";

export function selectionState(group: FailureGroup, selection: ReadonlySet<string>): SelectionState {
  const keys = keysOf(group.letters);
  const count = keys.filter((key) => selection.has(key)).length;
  return count === 0 ? "none" : count === keys.length ? "all" : "some";
}

export function toggled(selection: ReadonlySet<string>, keys: readonly string[], isOn: boolean): Set<string> {
  const next = new Set(selection);
  for (const key of keys) {
    if (isOn) next.add(key);
    else next.delete(key);
  }
  return next;
}

/** Videos redriven first, before the others. */
export const CANARY_COUNT = 5;
