"use client";

import { memo, useMemo, useState } from "react";
import { Card } from "@/components/ui/card";
import { clsx } from "clsx";
import { Dot, Pill } from "@/components/ui/pill";
import { Segments } from "@/components/ui/segments";
import { Empty, Loading, Skeleton } from "@/components/ui/states";
import { useLive, useSnapshot } from "@/features/live/api/store";
import { useSourceWarning } from "@/features/live/use-source-warning";
import type { Pod } from "@/lib/api/models";
import { formatFull } from "@/lib/units";
import { text } from "@/text";
import { HEALTH_TONES, healthOf, sortByHealth } from "./health";

const ALL = "";

export function PodsCard({ className }: { className?: string }) {
  const pods = useSnapshot()?.pods ?? null;
  const nowMs = useLive((state) => state.serverMs);
  const warning = useSourceWarning("pods");
  const [component, setComponent] = useState(ALL);
  const ordered = useMemo(() => (pods ? sortByHealth(pods) : null), [pods]);
  const components = useMemo(() => [...new Set(pods?.map((pod) => pod.component))].sort(), [pods]);
  const shown = ordered?.filter((pod) => component === ALL || pod.component === component);
  const ready = pods?.filter((pod) => pod.ready).length ?? 0;
  return (
    <Card
      id="pods"
      title={text.pods.title}
      note={pods ? text.pods.count(ready, pods.length) : null}
      warning={warning}
      {...(className ? { className } : {})}
      actions={
        components.length > 1 && (pods?.length ?? 0) > 8 ? (
          <Segments
            label={text.pods.filter}
            value={component}
            onChange={setComponent}
            options={[ALL, ...components].map((value) => ({ value, label: value || text.common.all }))}
          />
        ) : null
      }
    >
      {!shown ? (
        <PodsSkeleton />
      ) : shown.length === 0 ? (
        <Empty title={text.pods.emptyTitle}>{text.pods.empty}</Empty>
      ) : (
        <ul
          tabIndex={0}
          aria-label={text.pods.title}
          className="grid max-h-96 min-h-0 flex-1 grid-cols-[repeat(auto-fill,minmax(min(15.5rem,100%),1fr))] content-start gap-2 overflow-y-auto p-3"
        >
          {shown.map((pod) => (
            <PodTile
              key={pod.name}
              name={pod.name}
              phase={pod.phase}
              isReady={pod.ready}
              restarts={pod.restarts}
              node={pod.node ?? ""}
              started={pod.started_at ?? ""}
              uptime={uptimeOf(pod, nowMs)}
            />
          ))}
        </ul>
      )}
    </Card>
  );
}

/** Round the uptime to what is shown, so that a tile renders only when its text changes. */
function uptimeOf(pod: Pod, nowMs: number): string {
  if (!pod.started_at) return text.pods.notStarted;
  const seconds = Math.max(0, (nowMs - Date.parse(pod.started_at)) / 1000);
  return text.pods.uptime(seconds < 60 ? Math.floor(seconds / 5) * 5 || 1 : seconds);
}

interface PodTileProps {
  name: string;
  phase: string;
  isReady: boolean;
  restarts: number;
  node: string;
  started: string;
  uptime: string;
}

const PodTile = memo(function PodTile({ name, phase, isReady, restarts, node, started, uptime }: PodTileProps) {
  const health = healthOf({ phase, ready: isReady });
  return (
    <li
      id={`pod-${name}`}
      title={[node, started && formatFull(new Date(started))].filter(Boolean).join("\n")}
      className="flex min-w-0 flex-col gap-1.5 rounded-lg border border-line px-3 py-2 target:border-accent"
    >
      <div className="flex items-baseline justify-between gap-3">
        <span className="truncate font-medium" title={name}>
          {name}
        </span>
        <span className="shrink-0 text-xs text-muted">{uptime}</span>
      </div>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted">
        <Pill tone={HEALTH_TONES[health]}>
          <Dot />
          {phase}
        </Pill>
        <span>{isReady ? text.pods.ready : text.pods.notReady}</span>
        <span className={clsx(restarts > 0 && "text-warn")}>{text.pods.restarts(restarts)}</span>
      </div>
    </li>
  );
});

function PodsSkeleton() {
  return (
    <Loading label={text.common.loading}>
      <div className="grid grid-cols-[repeat(auto-fill,minmax(15rem,1fr))] gap-2 p-3">
        {Array.from({ length: 4 }, (_, index) => (
          <Skeleton key={index} className="h-15" />
        ))}
      </div>
    </Loading>
  );
}
