"use client";

import Link from "next/link";
import { clsx } from "clsx";
import { nameOf, pageOf } from "@/features/videos/names";
import type { Schemas } from "@/lib/api/call";
import { formatFull, formatMoment } from "@/lib/units";
import { text } from "@/text/pages/logs";

export type LogLine = Schemas["LogLine"];

const TONES: Readonly<Record<string, string>> = {
  warning: "bg-warn-soft text-warn",
  error: "bg-bad-soft text-bad",
  critical: "bg-bad-soft text-bad",
};

interface LogListProps {
  label: string;
  lines: readonly LogLine[];
  nowMs: number;
  /** False on the page of the video that all lines are about. */
  hasVideo?: boolean;
}

export function LogList({ label, lines, nowMs, hasVideo = true }: LogListProps) {
  return (
    <ol aria-label={label} className="text-xs">
      {lines.map((line) => (
        <Row key={line.id} line={line} now={new Date(nowMs)} hasVideo={hasVideo} />
      ))}
    </ol>
  );
}

function Row({ line, now, hasVideo }: { line: LogLine; now: Date; hasVideo: boolean }) {
  const { at, service, source, level, event, key, fields } = line;
  const time = new Date(at);
  const details = Object.entries(fields);
  return (
    <li className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 border-t border-line px-4 py-1 first:border-t-0">
      <time dateTime={at} title={formatFull(time)} className="text-muted tabular-nums">
        {formatMoment(time, now)}
      </time>
      <span className={clsx("rounded px-1.5", TONES[level ?? ""] ?? "text-muted")}>{level ?? text.common.none}</span>
      <span className="text-muted" title={source}>
        {text.logs.services[service]}
      </span>
      <span className="min-w-0 font-mono font-medium [overflow-wrap:anywhere] whitespace-pre-wrap">{event}</span>
      {key && hasVideo ? (
        <Link
          href={pageOf(key)}
          prefetch={false}
          className="min-w-0 py-1 text-accent underline [overflow-wrap:anywhere]"
        >
          {nameOf(key)}
        </Link>
      ) : null}
      {details.length > 0 ? (
        <details className="min-w-0 max-sm:w-full">
          <summary className="min-h-6 cursor-pointer text-muted">{text.logs.fields}</summary>
          <dl className="grid grid-cols-[auto_1fr] gap-x-3 pb-1">
            <dt className="text-muted">pod</dt>
            <dd className="font-mono [overflow-wrap:anywhere]">{source}</dd>
            {details.map(([name, value]) => (
              <div key={name} className="contents">
                <dt className="text-muted">{name}</dt>
                <dd className="font-mono [overflow-wrap:anywhere] whitespace-pre-wrap">{value}</dd>
              </div>
            ))}
          </dl>
        </details>
      ) : null}
    </li>
  );
}
