/** Texts of the failures page. */

import { formatCount } from "@/lib/units";
import { counted } from "../plural";
import { text as common } from "..";

const failures = {
  intro: "Videos that could not be processed, grouped by the reason.",
  listBehind: "The videos that failed again appear here in a few seconds.",
  emptyTitle: "No failures",
  empty: "Videos that cannot be processed appear here with the reason.",
  failed: "The dead letters could not be loaded",
  count: (count: number) => counted(count, "video"),
  selectGroup: (reason: string) => `Select all with the reason: ${reason}`,
  selectOne: (name: string) => `Select ${name}`,
  selected: (count: number) => `${formatCount(count)} selected`,
  selectAll: "Select all",
  redriveSelected: (count: number) => (count > 0 ? `Redrive ${formatCount(count)}` : "Redrive"),
  canary: (count: number) => `Try ${formatCount(count)} first`,
  canaryHint: "Redrive a few videos first, to see whether redriving the rest would succeed.",
  redriveAnyway: (count: number) => `Redrive ${formatCount(count)} anyway`,
  dismiss: (count: number) => (count > 0 ? `Dismiss ${formatCount(count)}` : "Dismiss"),
  dismissHint:
    "Remove the failures from this list, from the counts and from the alarms. The videos keep their records.",
  isFinal: "The files are the reason, so another attempt ends in the same way.",
  redriving: "Redriving …",
  redriveFailed: "The redrive failed",
  redriven: (count: number) => `${counted(count, "video")} put back into the queue`,
  attempts: (count: number | null) => (count === null ? "attempts unknown" : counted(count, "attempt")),
  outcome: "Redrive results",
  outcomeWaiting: "in the queue",
  outcomeCounts: (done: number, failed: number, open: number) =>
    `${formatCount(done)} done, ${formatCount(failed)} failed again, ${formatCount(open)} pending`,
  restToo: (count: number) => `Redrive the other ${formatCount(count)}`,
  showMore: (count: number) => `Show ${formatCount(count)} more`,
  unnamed: "(no object key)",
  incomplete: (listed: number, total: number) =>
    `The list shows the newest ${formatCount(listed)} of about ${formatCount(total)}. Select all to redrive the others too.`,
} as const;

/** The texts of all pages, and those that only load with this page. */
export const text = { ...common, failures: { ...common.failures, ...failures } } as const;
