/** The queue's depth over the last minutes: what the chart draws, and what is said of it in words. */

export const WINDOW_S = 300;

export interface QueueSeries {
  times_s: number[];
  waiting: number[];
  in_flight: number[];
}

export interface QueuePoint {
  time_s: number;
  waiting: number;
  in_flight: number;
}

/** Points in the order of their times, without doubles, none older than the window. */
export function joinPoints(known: readonly QueuePoint[], more: readonly QueuePoint[]): QueuePoint[] {
  const byTime = new Map(known.map((point) => [point.time_s, point]));
  for (const point of more) byTime.set(point.time_s, point);
  const points = [...byTime.values()].sort((a, b) => a.time_s - b.time_s);
  const newest = points.at(-1)?.time_s ?? 0;
  return points.filter((point) => point.time_s >= newest - WINDOW_S);
}

export function asSeries(points: readonly QueuePoint[]): QueueSeries {
  return {
    times_s: points.map((point) => point.time_s),
    waiting: points.map((point) => point.waiting),
    in_flight: points.map((point) => point.in_flight),
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
    inFlight: last.in_flight,
    highest: Math.max(...points.map((point) => point.waiting)),
    minutes: Math.max(1, Math.round((last.time_s - first.time_s) / 60)),
  };
}
