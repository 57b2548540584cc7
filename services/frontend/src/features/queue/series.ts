/** The queue's depth over the last minutes: what the chart draws, and what is said of it in words. */

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

/** Points in the order of their times, without doubles, none older than the window. */
export function joinPoints(known: readonly QueuePoint[], more: readonly QueuePoint[]): QueuePoint[] {
  const byTime = new Map(known.map((point) => [point.timeS, point]));
  for (const point of more) byTime.set(point.timeS, point);
  const points = [...byTime.values()].sort((a, b) => a.timeS - b.timeS);
  const newest = points.at(-1)?.timeS ?? 0;
  return points.filter((point) => point.timeS >= newest - WINDOW_S);
}

export function asSeries(points: readonly QueuePoint[]): QueueSeries {
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
