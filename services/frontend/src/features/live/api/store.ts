/** Current state of the pipeline, as the api pushes it. */

import { createStore, useStore } from "zustand";
import { mergePoints, type QueuePoint } from "@/features/queue/series";
import type { ConnectionStatus } from "../freshness";
import type { PurgeProgress } from "@/lib/api/models";
import { useDeferredArrival } from "@/lib/use-deferred-arrival";
import {
  contentKey,
  currentPoint,
  hasJustChanged,
  pointsOf,
  type Snapshot,
  snapshotOf,
  type StateMessage,
} from "./snapshot";

export interface LiveState {
  socket: ConnectionStatus["socket"];
  /** Time of the next attempt to connect, by this browser's clock; null while one is in progress. */
  nextAttemptMs: number | null;
  /** Arrival of the last message, by this browser's clock. */
  lastMs: number | null;
  /** The api's clock at that moment. */
  serverMs: number;
  snapshot: Snapshot | null;
  /** Queue samples of the last five minutes. They survive a lost connection. */
  points: readonly QueuePoint[];
  purge: PurgeProgress | null;
  /** Number of messages that changed videos, thumbnails or dead letters, or may have changed them since the page began. */
  revision: number;
}

export const liveStore = createStore<LiveState>(() => ({
  socket: "connecting",
  nextAttemptMs: null,
  lastMs: null,
  serverMs: 0,
  snapshot: null,
  points: [],
  purge: null,
  revision: 0,
}));

export function useLive<Result>(select: (state: LiveState) => Result): Result {
  return useStore(liveStore, select);
}

/** Return the latest snapshot, and the first one only in a render of low priority: it fills most of the overview. */
export function useSnapshot(): Snapshot | undefined {
  return useDeferredArrival(useLive(({ snapshot }) => snapshot ?? undefined));
}

export function setSocket(socket: ConnectionStatus["socket"], nextAttemptMs: number | null = null): void {
  liveStore.setState({ socket, nextAttemptMs });
}

export function receive(message: StateMessage, nowMs: number): void {
  const snapshot = snapshotOf(message);
  liveStore.setState(({ points, revision, snapshot: before }) => {
    // Lists load beside the connection: the first message can know of a change that their answers lack.
    const isChanged = before ? contentKey(before) !== contentKey(snapshot) : hasJustChanged(snapshot);
    return {
      socket: "open",
      nextAttemptMs: null,
      lastMs: nowMs,
      serverMs: snapshot.serverMs,
      snapshot,
      points: mergePoints(points, [...pointsOf(message), ...currentPoint(snapshot)]),
      purge: snapshot.purge,
      revision: isChanged ? revision + 1 : revision,
    };
  });
}

/** Estimate the api's current time from its last message. */
export function serverNowMs(nowMs = Date.now()): number {
  const { serverMs, lastMs } = liveStore.getState();
  return lastMs === null ? nowMs : serverMs + (nowMs - lastMs);
}
