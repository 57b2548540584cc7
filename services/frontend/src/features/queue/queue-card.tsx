"use client";

import dynamic from "next/dynamic";
import { useMemo, useState } from "react";
import { Table2, ChartLine } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty, Skeleton } from "@/components/ui/states";
import { serverNowMs, useLive } from "@/features/live/api/store";
import { useNow } from "@/features/live/use-now";
import { useSourceWarning } from "@/features/live/use-source-warning";
import { useConfig } from "@/features/session/session";
import { formatCount } from "@/lib/units";
import { text } from "@/text";
import { toSeries, type QueuePoint, summarize } from "./series";

const QueuePlot = dynamic(() => import("./queue-plot"), {
  ssr: false,
  loading: () => <Skeleton className="absolute inset-0" />,
});

/** The api keeps a sample every five seconds. */
const SAMPLE_S = 5;
/** A gap of this many samples is an outage. */
const MISSED_SAMPLES = 3;

export function QueueCard({ className }: { className?: string }) {
  const points = useLive((state) => state.points);
  const warning = useSourceWarning("queue");
  const [isTable, setTable] = useState(false);
  const lastMs = useLive((state) => state.lastMs);
  const maxGapS = MISSED_SAMPLES * Math.max(SAMPLE_S, useConfig()?.push_interval_s ?? 0);
  const serverS = Math.floor(serverNowMs(useNow()) / 1000);
  // Only an outage moves the chart between two samples.
  const endS = lastMs !== null && serverS - (points.at(-1)?.timeS ?? 0) > maxGapS ? serverS : 0;
  const series = useMemo(() => toSeries(points, maxGapS, endS), [points, maxGapS, endS]);
  const summary = useMemo(() => summarize(points), [points]);
  return (
    <Card
      id="queue"
      title={text.queue.title}
      note={text.queue.window}
      warning={warning}
      {...(className ? { className } : {})}
      actions={
        <Button
          kind="quiet"
          icon={isTable ? <ChartLine size={16} aria-hidden /> : <Table2 size={16} aria-hidden />}
          onClick={() => setTable((table) => !table)}
        >
          {isTable ? text.queue.showChart : text.queue.showTable}
        </Button>
      }
    >
      <div className="flex min-w-0 flex-1 flex-col p-3">
        {!summary ? (
          <Empty title={text.queue.emptyTitle}>{text.queue.empty}</Empty>
        ) : isTable ? (
          <QueueTable points={points} />
        ) : (
          <figure
            role="img"
            className="flex flex-1 flex-col"
            aria-label={text.queue.summary(summary.now, summary.inFlight, summary.highest, summary.minutes)}
          >
            <div className="mb-1 flex gap-5 px-1 text-xs text-muted">
              <Legend label={text.queue.waiting} count={summary.now} line="border-accent" />
              <Legend label={text.queue.inFlight} count={summary.inFlight} line="border-muted border-dashed" />
            </div>
            <div className="relative min-h-52 flex-1">
              <QueuePlot series={series} />
            </div>
          </figure>
        )}
      </div>
    </Card>
  );
}

function Legend({ label, count, line }: { label: string; count: number; line: string }) {
  return (
    <span className="flex items-center gap-2">
      <span className={`w-4 border-t-2 ${line}`} />
      {label}
      <span className="font-medium text-ink">{formatCount(count)}</span>
    </span>
  );
}

function QueueTable({ points }: { points: readonly QueuePoint[] }) {
  return (
    <div tabIndex={0} role="region" aria-label={text.queue.title} className="h-58 flex-auto overflow-y-auto">
      <table className="w-full text-right">
        <thead className="sticky top-0 bg-panel text-xs text-muted">
          <tr>
            <th scope="col" className="py-1 text-left font-medium">
              {text.queue.time}
            </th>
            <th scope="col" className="py-1 font-medium">
              {text.queue.waiting}
            </th>
            <th scope="col" className="py-1 font-medium">
              {text.queue.inFlight}
            </th>
          </tr>
        </thead>
        <tbody>
          {points.toReversed().map((point) => (
            <tr key={point.timeS} className="border-t border-line">
              <td className="py-1 text-left">{text.queue.clock(new Date(point.timeS * 1000))}</td>
              <td className="py-1">{formatCount(point.waiting)}</td>
              <td className="py-1">{formatCount(point.inFlight)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
