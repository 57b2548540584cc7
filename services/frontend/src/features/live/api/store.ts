/** What is known of the pipeline right now, as the api pushes it. */

import { createStore, useStore } from "zustand";
import { joinPoints, type QueuePoint } from "@/features/queue/series";
import type { Heard } from "../freshness";
import type { PurgeProgress } from "@/lib/api/models";
import { contentsOf, pointsOf, type Snapshot, snapshotOf, type StateMessage } from "./snapshot";

export interface LiveState {
  socket: Heard["socket"];
  /** When the last message came, by this browser's clock. */
  lastMs: number | null;
  /** The api's clock at that moment. */
  serverMs: number;
  snapshot: Snapshot | null;
  /** The queue's last five minutes. They outlive a lost connection. */
  points: readonly QueuePoint[];
  purge: PurgeProgress | null;
  /** Counts the messages that told of a change: of videos, thumbnails or dead letters. */
  news: number;
}

export const live = createStore<LiveState>(() => ({
  socket: "connecting",
  lastMs: null,
  serverMs: 0,
  snapshot: null,
  points: [],
  purge: null,
  news: 0,
}));

export function useLive<Result>(select: (state: LiveState) => Result): Result {
  return useStore(live, select);
}

export function setSocket(socket: Heard["socket"]): void {
  live.setState({ socket });
}

export function receive(message: StateMessage, nowMs: number): void {
  const snapshot = snapshotOf(message);
  live.setState(({ points, news, snapshot: before }) => ({
    socket: "open",
    lastMs: nowMs,
    serverMs: snapshot.serverMs,
    snapshot,
    points: joinPoints(points, pointsOf(message)),
    purge: snapshot.purge,
    news: before && contentsOf(before) !== contentsOf(snapshot) ? news + 1 : news,
  }));
}

/** The api's clock now, as far as one can tell from its last message. */
export function serverNowMs(nowMs = Date.now()): number {
  const { serverMs, lastMs } = live.getState();
  return lastMs === null ? nowMs : serverMs + (nowMs - lastMs);
}
