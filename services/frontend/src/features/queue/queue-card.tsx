"use client";

import { useMemo } from "react";
import { Empty } from "@/components/ui/states";
import { ChartCard } from "@/features/charts/chart-card";
import type { PlotStyle } from "@/features/charts/time-plot";
import { serverNowMs, useLive, useSnapshot } from "@/features/live/api/store";
import { useNow } from "@/features/live/use-now";
import { useSourceWarning } from "@/features/live/use-source-warning";
import { useConfig } from "@/features/session/session";
import { formatCount } from "@/lib/units";
import { useDeferredArrival } from "@/lib/use-deferred-arrival";
import { text } from "@/text";
import { type QueuePoint, summarize, toSeries, WINDOW_S } from "./series";

/** The api keeps a sample every five seconds. */
const SAMPLE_S = 5;
/** A gap of this many samples is an outage. */
const MISSED_SAMPLES = 3;
const NO_POINTS: readonly QueuePoint[] = [];

const STYLE: PlotStyle = {
  looks: ["area", "dashed"],
  spanS: WINDOW_S,
  timeSteps: [60],
  formatTime: text.queue.axisTime,
  minTop: 4,
  valueSteps: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6],
};

export function QueueCard({ className }: { className?: string }) {
  const points =
    useDeferredArrival(useLive((state) => (state.points.length > 0 ? state.points : undefined))) ?? NO_POINTS;
  const warning = useSourceWarning("queue");
  const lastMs = useLive((state) => state.lastMs);
  const maxGapS = MISSED_SAMPLES * Math.max(SAMPLE_S, useConfig()?.push_interval_s ?? 0);
  const serverS = Math.floor(serverNowMs(useNow()) / 1000);
  // Only an outage moves the chart between two samples.
  const endS = lastMs !== null && serverS - (points.at(-1)?.timeS ?? 0) > maxGapS ? serverS : 0;
  const { timesS, waiting, inFlight } = useMemo(() => toSeries(points, maxGapS, endS), [points, maxGapS, endS]);
  const drawn = useMemo(() => [waiting, inFlight], [waiting, inFlight]);
  const now = useSnapshot()?.queue ?? null;
  const summary = useMemo(() => summarize(points, now), [points, now]);
  function describe(index: number): string | null {
    const [timeS, deep, busy] = [timesS[index], waiting[index], inFlight[index]];
    if (timeS === undefined || typeof deep !== "number" || typeof busy !== "number") return null;
    return text.queue.point(new Date(timeS * 1000), deep, busy);
  }
  return (
    <ChartCard
      id="queue"
      title={text.queue.title}
      note={text.queue.window}
      warning={warning}
      {...(className ? { className } : {})}
      {...(summary ? {} : { empty: <Empty title={text.queue.emptyTitle}>{text.queue.empty}</Empty> })}
      summary={
        summary ? text.queue.summary(summary.now, summary.inFlight, summary.highest, summary.minutes) : text.queue.title
      }
      legend={[
        { label: text.queue.waiting, value: formatCount(summary?.now ?? 0), look: "area" },
        { label: text.queue.inFlight, value: formatCount(summary?.inFlight ?? 0), look: "dashed" },
      ]}
      plot={{ timesS, rows: drawn, describe, style: STYLE }}
      rows={() =>
        points
          .toReversed()
          .map((point) => [
            text.queue.clock(new Date(point.timeS * 1000)),
            formatCount(point.waiting),
            formatCount(point.inFlight),
          ])
      }
    />
  );
}
