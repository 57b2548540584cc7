/** Queue depth over the last minutes, for the chart and its text summary. Pure. */

export const WINDOW_S = 300;

export interface QueueSeries {
  timesS: number[];
  waiting: number[];
  inFlight: number[];
}

export interface QueuePoint {
  timeS: number;
  waiting: number;
  inFlight: number;
}

/** Return points sorted by time, without duplicates or points older than the window. */
export function mergePoints(known: readonly QueuePoint[], more: readonly QueuePoint[]): QueuePoint[] {
  const byTime = new Map(known.map((point) => [point.timeS, point]));
  for (const point of more) byTime.set(point.timeS, point);
  const points = [...byTime.values()].sort((a, b) => a.timeS - b.timeS);
  const newest = points.at(-1)?.timeS ?? 0;
  return points.filter((point) => point.timeS >= newest - WINDOW_S);
}

export function toSeries(points: readonly QueuePoint[]): QueueSeries {
  return {
    timesS: points.map((point) => point.timeS),
    waiting: points.map((point) => point.waiting),
    inFlight: points.map((point) => point.inFlight),
  };
}

export interface QueueSummary {
  now: number;
  inFlight: number;
  highest: number;
  minutes: number;
}

export function summarize(points: readonly QueuePoint[]): QueueSummary | null {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return null;
  return {
    now: last.waiting,
    inFlight: last.inFlight,
    highest: Math.max(...points.map((point) => point.waiting)),
    minutes: Math.max(1, Math.round((last.timeS - first.timeS) / 60)),
  };
}
