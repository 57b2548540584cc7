"use client";

import { useMemo } from "react";
import { Card } from "@/components/ui/card";
import { PageLink } from "@/components/ui/page-link";
import { Empty } from "@/components/ui/states";
import { ChartCard } from "@/features/charts/chart-card";
import type { PlotStyle } from "@/features/charts/time-plot";
import { formatCount, formatDuration } from "@/lib/units";
import { text } from "@/text/pages/history";
import { countBusiest, countEnded, countGood, type History, listFailures, type RangeName, toCounts } from "./figures";

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const TIME_STEPS: Record<RangeName, readonly number[]> = {
  "1h": [5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE],
  "24h": [HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR],
  "7d": [DAY, 2 * DAY],
  "30d": [DAY, 2 * DAY, 5 * DAY, 10 * DAY],
};
const COUNTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6, 1e7];
const DURATIONS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, HOUR, 2 * HOUR, 6 * HOUR, DAY, 7 * DAY];

function timeStyle({ range, points, step_s: stepS }: History) {
  return {
    spanS: points.length * stepS,
    tailS: stepS / 2,
    timeSteps: TIME_STEPS[range],
    formatTime: (time: Date) => text.history.axisTime(range, time),
    hasUtcDays: range === "30d",
  };
}

const shownTime = (seconds: number | null) => (seconds === null ? text.common.none : formatDuration(seconds));

export function ThroughputCard({ history }: { history: History }) {
  const { range, points, total, step_s: stepS } = history;
  const { timesS, rows } = useMemo(() => {
    const { timesS, good, ended } = toCounts(history);
    return { timesS, rows: [ended, good] };
  }, [history]);
  const style: PlotStyle = { ...timeStyle(history), looks: ["bad-bars", "bars"], minTop: 4, valueSteps: COUNTS };
  const labels = text.history;
  return (
    <ChartCard
      title={labels.throughput}
      note={labels.perStep(stepS)}
      summary={labels.throughputSummary(
        labels.last[range],
        countEnded(total),
        total.failed,
        countBusiest(points),
        stepS,
      )}
      legend={[
        { label: labels.good, value: formatCount(countGood(total)), look: "bars" },
        { label: labels.failed, value: formatCount(total.failed), look: "bad-bars" },
      ]}
      plot={{
        key: range,
        timesS,
        rows,
        style,
        describe: (index) => {
          const point = points[index];
          return point
            ? labels.countPoint(labels.moment(range, new Date(point.at)), countGood(point), point.failed)
            : null;
        },
      }}
      rows={() =>
        points
          .toReversed()
          .map((point) => [
            labels.moment(range, new Date(point.at)),
            formatCount(countGood(point)),
            formatCount(point.failed),
          ])
      }
    />
  );
}

/** Median and 95th percentile of a waiting time. */
export function TimesCard({ history, name }: { history: History; name: "queue" | "thumbnails" }) {
  const { range, points, total } = history;
  const { timesS, rows } = useMemo(
    () => ({
      timesS: toCounts(history).timesS,
      rows: [history.points.map((point) => point[name].p50_s), history.points.map((point) => point[name].p95_s)],
    }),
    [history, name],
  );
  const style: PlotStyle = {
    ...timeStyle(history),
    looks: ["line", "dashed"],
    minTop: 1,
    valueSteps: DURATIONS,
    formatValue: (value) => (value === 0 ? "0" : formatDuration(value)),
  };
  const labels = text.history;
  const { p50_s: half, p95_s: most } = total[name];
  return (
    <ChartCard
      title={labels.times[name]}
      note={labels.timeNotes[name]}
      summary={labels.timesSummary(labels.times[name], labels.last[range], shownTime(half), shownTime(most))}
      legend={[
        { label: text.performance.p50, value: shownTime(half), look: "line" },
        { label: text.performance.p95, value: shownTime(most), look: "dashed" },
      ]}
      plot={{
        key: range,
        timesS,
        rows,
        style,
        describe: (index) => {
          const point = points[index];
          if (!point || point[name].p50_s === null) return null;
          const { p50_s: p50, p95_s: p95 } = point[name];
          return labels.timePoint(labels.moment(range, new Date(point.at)), shownTime(p50), shownTime(p95));
        },
      }}
      rows={() =>
        points
          .toReversed()
          .map((point) => [
            labels.moment(range, new Date(point.at)),
            shownTime(point[name].p50_s),
            shownTime(point[name].p95_s),
          ])
      }
    />
  );
}

export function ReasonsCard({ history }: { history: History }) {
  const failures = listFailures(history.total);
  const highest = failures[0]?.[1] ?? 1;
  return (
    <Card title={text.history.reasons} note={text.history.last[history.range]}>
      {failures.length === 0 ? (
        <div className="flex min-h-64 flex-1 items-center justify-center">
          <Empty title={text.history.noFailures}>{text.history.noFailuresNote}</Empty>
        </div>
      ) : (
        <ul className="flex max-h-64 min-h-64 flex-1 flex-col gap-1 overflow-y-auto p-3">
          {failures.map(([reason, count]) => (
            <li key={reason}>
              <PageLink
                href={`/videos?state=failed&reason=${reason}`}
                className="grid grid-cols-[1fr_auto] gap-x-3 gap-y-1 rounded-md px-1 py-1.5 hover:bg-raised"
              >
                <span>{text.failures.reasons[reason] ?? reason}</span>
                <span className="font-medium">{formatCount(count)}</span>
                <span aria-hidden className="col-span-2 h-1.5 rounded-full bg-raised">
                  <span className="block h-full rounded-full bg-bad" style={{ width: `${(100 * count) / highest}%` }} />
                </span>
              </PageLink>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
