"use client";

import type { ReactNode } from "react";
import { Card } from "@/components/ui/card";
import { clsx } from "clsx";
import { Skeleton } from "@/components/ui/states";
import { useSnapshot } from "@/features/live/api/store";
import { useSourceWarning } from "@/features/live/use-source-warning";
import type { Snapshot } from "@/features/live/api/snapshot";
import { healthOf } from "@/features/pods/health";
import { formatAge, formatCount, formatDuration } from "@/lib/units";
import { text } from "@/text";
import { diagnose, type Diagnosis } from "./diagnosis";

const TONES = {
  good: "text-good",
  warn: "text-warn",
  bad: "text-bad",
  active: "text-accent",
  calm: "text-ink",
} as const;

/** Throughput, latency and backlog, and the reason if it is slow. */
export function PerformanceCard({ className }: { className?: string }) {
  const snapshot = useSnapshot();
  const warning = useSourceWarning("metrics");
  return (
    <Card title={text.performance.title} warning={warning} {...(className ? { className } : {})}>
      {snapshot ? (
        <Performance snapshot={snapshot} />
      ) : (
        // Of the height of the figures: the cards below must not move when they arrive.
        <div className="relative flex flex-1">
          <div aria-hidden className="invisible flex flex-1">
            <Performance snapshot={{ metrics: null, queue: null, pods: null, processing: null }} />
          </div>
          <Skeleton className="absolute inset-3" />
        </div>
      )}
    </Card>
  );
}

type Measured = Pick<Snapshot, "metrics" | "queue" | "pods" | "processing">;

function Performance({ snapshot }: { snapshot: Measured }) {
  const { metrics, queue } = snapshot;
  const labels = text.performance;
  return (
    <div className="flex flex-1 flex-col px-4 py-3">
      <dl className="grid grid-cols-[auto_1fr] items-baseline gap-x-4">
        <Row name={labels.throughput} unit={labels.perMinute} note={labels.last(1)}>
          {perMinute(metrics?.throughput.last_1_min)}
        </Row>
        <Row name="" note={labels.last(5)}>
          {perMinute(metrics?.throughput.last_5_min)}
        </Row>
        <Row name="" note={labels.last(60)} isLast>
          {perMinute(metrics?.throughput.last_60_min)}
        </Row>
        <Row name={labels.latency} note={labels.p50}>
          {seconds(metrics?.latency.p50_s)}
        </Row>
        <Row name="" note={labels.p95} isLast>
          {seconds(metrics?.latency.p95_s)}
        </Row>
        <Row name={labels.drain} isLast>
          {drain(metrics?.drain_s ?? null, queue?.waiting)}
        </Row>
        <Row name={labels.oldest} isLast>
          {queue && queue.oldestS !== null ? formatAge(queue.oldestS) : text.common.none}
        </Row>
        <Row name={labels.deadLetters} isLast isBad={(queue?.deadLetters ?? 0) > 0}>
          {queue ? formatCount(queue.deadLetters) : text.common.none}
        </Row>
      </dl>
      <Answer diagnosis={diagnosisOf(snapshot)} />
    </div>
  );
}

function perMinute(value: number | null | undefined): string {
  if (value === null || value === undefined) return text.common.none;
  return value < 10 ? value.toFixed(1) : formatCount(Math.round(value));
}

function seconds(value: number | null | undefined): string {
  return value === null || value === undefined ? text.common.none : formatDuration(value);
}

function drain(drainS: number | null, waiting: number | undefined): string {
  if (waiting === 0) return text.performance.drained;
  return drainS === null ? text.common.none : formatAge(drainS);
}

interface RowProps {
  name: string;
  /** Unit of the values in this row and the rows below it. */
  unit?: string;
  note?: string;
  isLast?: boolean;
  isBad?: boolean;
  children: ReactNode;
}

function Row({ name, unit, note, isLast, isBad, children }: RowProps) {
  return (
    <div
      className={clsx(
        "col-span-2 grid grid-cols-subgrid items-baseline py-1",
        isLast && "mb-1 border-b border-line pb-2",
      )}
    >
      <dt className="text-muted">
        {name}
        {unit ? <span className="ml-2 text-xs">{unit}</span> : null}
      </dt>
      <dd className="flex items-baseline justify-end gap-2 text-right">
        {note ? <span className="text-xs whitespace-nowrap text-muted">{note}</span> : null}
        <span className={clsx("min-w-20 font-medium whitespace-nowrap", isBad && "text-bad")}>{children}</span>
      </dd>
    </div>
  );
}

function Answer({ diagnosis: { tone, answer } }: { diagnosis: Diagnosis }) {
  return (
    // Room for the longest answer: the page must not move when it changes.
    <div className="mt-auto min-h-22 pt-3">
      {tone === "warn" || tone === "bad" ? (
        <h3 className="text-xs text-muted">{text.performance.answer.title}</h3>
      ) : null}
      <p className={clsx("font-medium", TONES[tone])}>{answer}</p>
    </div>
  );
}

function diagnosisOf({ metrics, pods, queue, processing }: Measured): Diagnosis {
  const workers = (pods ?? []).filter(({ component }) => component === "worker").map(healthOf);
  return diagnose({
    waiting: queue?.waiting ?? 0,
    inFlight: queue?.inFlight ?? 0,
    perMinute: metrics?.throughput.last_5_min ?? metrics?.throughput.last_1_min ?? 0,
    drainS: metrics?.drain_s ?? null,
    oldestS: queue?.oldestS ?? null,
    isPaused: processing?.paused ?? false,
    workers: {
      ready: workers.filter((health) => health === "ready").length,
      failing: workers.filter((health) => health === "failing").length,
    },
  });
}
