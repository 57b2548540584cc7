/** Figures of the history for its page. Pure. */

import type { Schemas } from "@/lib/api/call";

export type History = Schemas["History"];
export type Figures = Schemas["HistoryFigures"];
export type RangeName = History["range"];

export const RANGES = ["1h", "24h", "7d", "30d"] as const satisfies readonly RangeName[];

export const DEFAULT_RANGE: RangeName = "24h";

/** Return the range of the page's address; the default one if the address has none, or another text. */
export function rangeOf(value: string): RangeName {
  return RANGES.find((range) => range === value) ?? DEFAULT_RANGE;
}

/** Count the videos with thumbnails. */
export function countGood({ done, degraded }: Pick<Figures, "done" | "degraded">): number {
  return done + degraded;
}

export function countEnded(figures: Pick<Figures, "done" | "degraded" | "failed">): number {
  return countGood(figures) + figures.failed;
}

/** Format a rate with one decimal, rounded down: only a rate without any failure is 100 %. */
export function formatSuccess(rate: number): string {
  // A rate such as 0.29 is 28.999999999999996 in percent.
  return `${Math.floor(rate * 1000 + 1e-9) / 10} %`;
}

/** Return the number of videos of the busiest point. */
export function countBusiest(points: History["points"]): number {
  return Math.max(0, ...points.map(countEnded));
}

export interface HistorySeries {
  /** Middle of each point. */
  timesS: number[];
  good: number[];
  /** Good and failed: bars of the good ones stand before these. */
  ended: number[];
}

export function toCounts({ points, step_s: stepS }: History): HistorySeries {
  return {
    timesS: points.map(({ at }) => Date.parse(at) / 1000 + stepS / 2),
    good: points.map(countGood),
    ended: points.map(countEnded),
  };
}

/** Return failed videos by reason, the most frequent first. */
export function listFailures({ failures }: Figures): [string, number][] {
  return Object.entries(failures)
    .filter((entry): entry is [string, number] => typeof entry[1] === "number" && entry[1] > 0)
    .sort((a, b) => b[1] - a[1]);
}
