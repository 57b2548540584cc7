/** Queue depth over the last minutes, for the chart and its text summary. Pure. */

export const WINDOW_S = 300;

export interface QueueSeries {
  timesS: number[];
  /** Null in a gap. */
  waiting: (number | null)[];
  inFlight: (number | null)[];
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

/** Return the points for the chart, with a gap where no sample came for more than `maxGapS`. After the last sample, the
 * series goes on to `endS`, so that an outage shows while it lasts.
 */
export function toSeries(points: readonly QueuePoint[], maxGapS: number, endS = 0): QueueSeries {
  const series: QueueSeries = { timesS: [], waiting: [], inFlight: [] };
  const add = (timeS: number, waiting: number | null, inFlight: number | null) => {
    series.timesS.push(timeS);
    series.waiting.push(waiting);
    series.inFlight.push(inFlight);
  };
  points.forEach(({ timeS, waiting, inFlight }, index) => {
    const previousS = points[index - 1]?.timeS ?? timeS;
    if (timeS - previousS > maxGapS) add(previousS + 1, null, null);
    add(timeS, waiting, inFlight);
  });
  const lastS = points.at(-1)?.timeS;
  if (lastS !== undefined && endS - lastS > maxGapS) add(endS, null, null);
  return series;
}

export interface QueueSummary {
  now: number;
  inFlight: number;
  highest: number;
  minutes: number;
}

/** Summarize the points. `now` is the queue of the latest push, which the other cards show as well. */
export function summarize(
  points: readonly QueuePoint[],
  now: Pick<QueuePoint, "waiting" | "inFlight"> | null,
): QueueSummary | null {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return null;
  const { waiting, inFlight } = now ?? last;
  return {
    now: waiting,
    inFlight,
    highest: Math.max(...points.map((point) => point.waiting)),
    minutes: Math.max(1, Math.round((last.timeS - first.timeS) / 60)),
  };
}
