/** Convert the api's state message for the dashboard. Pure. */

import type { QueuePoint } from "@/features/queue/series";
import type { JobProgress, Metrics, Pod, Processing, PurgeProgress, State, VideoSummary } from "@/lib/api/models";

const JUST_MS = 30_000;

export type StateMessage = State;
export type SourceName = "queue" | "pods" | "metrics";

export interface Source {
  isStale: boolean;
  /** Null if the source has never answered. */
  ageS: number | null;
  error: string | null;
}

export interface Snapshot {
  serverMs: number;
  queue: { waiting: number; inFlight: number; delayed: number; oldestS: number | null; deadLetters: number } | null;
  pods: readonly Pod[] | null;
  metrics: Metrics | null;
  videos: readonly VideoSummary[];
  purge: PurgeProgress | null;
  jobs: readonly JobProgress[];
  processing: Processing | null;
  sources: Partial<Record<SourceName, Source>>;
}

export function snapshotOf(message: StateMessage): Snapshot {
  const { queue } = message;
  return {
    serverMs: Date.parse(message.at),
    queue: queue && {
      waiting: queue.visible,
      inFlight: queue.in_flight,
      delayed: queue.delayed,
      oldestS: queue.oldest_age_s,
      deadLetters: queue.dead_letters,
    },
    pods: message.pods,
    metrics: message.metrics,
    videos: message.videos,
    purge: message.purge,
    // An api of the version before pushes none.
    jobs: (message as Partial<StateMessage>).jobs ?? [],
    processing: message.processing,
    sources: Object.fromEntries(
      Object.entries(message.sources).map(([name, { stale, age_s, error }]) => [
        name,
        { isStale: stale, ageS: age_s, error },
      ]),
    ),
  };
}

/** Return the queue samples of the message. */
export function pointsOf({ queue }: StateMessage): QueuePoint[] {
  return (
    queue?.history.map(({ at, visible, in_flight }) => ({
      timeS: Math.round(Date.parse(at) / 1000),
      waiting: visible,
      inFlight: in_flight,
    })) ?? []
  );
}

/** Return the queue of this moment as a point, unless it is old: a burst can come and go between two samples. */
export function currentPoint({ serverMs, queue, sources }: Snapshot): QueuePoint[] {
  if (!queue || sources.queue?.isStale) return [];
  return [{ timeS: Math.round(serverMs / 1000), waiting: queue.waiting, inFlight: queue.inFlight }];
}

/** Return a string that changes when videos, thumbnails or dead letters change. */
export function contentKey(snapshot: Snapshot): string {
  const { metrics, queue } = snapshot;
  // A video that was made again between two pushes changes no count.
  return JSON.stringify([metrics?.videos, metrics?.thumbnails, queue?.deadLetters, newestUpdateMs(snapshot)]);
}

/** Return true if a video has changed in the last half minute: a list that was loaded meanwhile may lack it. */
export function hasJustChanged(snapshot: Snapshot): boolean {
  return snapshot.serverMs - newestUpdateMs(snapshot) < JUST_MS;
}

function newestUpdateMs({ videos }: Snapshot): number {
  return Math.max(0, ...videos.map(({ updated_at }) => Date.parse(updated_at)));
}

export function oldestSourceAgeS({ sources }: Snapshot): number {
  return Math.max(0, ...Object.values(sources).map(({ isStale, ageS }) => (isStale ? (ageS ?? 0) : 0)));
}
