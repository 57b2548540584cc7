/** What is known of the pipeline right now, as the api pushes it. */

import { createStore, useStore } from "zustand";
import { joinPoints, type QueuePoint } from "@/features/queue/series";
import type { Heard } from "./freshness";
import type { PurgeProgress } from "@/lib/api/models";
import { contentsOf, pointsOf, type Snapshot, snapshotOf, type StateMessage } from "./snapshot";

export interface LiveState {
  socket: Heard["socket"];
  /** When the last message came, by this browser's clock. */
  last_ms: number | null;
  /** The api's clock at that moment. */
  server_ms: number;
  snapshot: Snapshot | null;
  /** The queue's last five minutes. They outlive a lost connection. */
  points: readonly QueuePoint[];
  purge: PurgeProgress | null;
  /** Counts the messages that told of a change: of videos, thumbnails or dead letters. */
  news: number;
}

export const live = createStore<LiveState>(() => ({
  socket: "connecting",
  last_ms: null,
  server_ms: 0,
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

export function receive(message: StateMessage, now_ms: number): void {
  const snapshot = snapshotOf(message);
  live.setState(({ points, news, snapshot: before }) => ({
    socket: "open",
    last_ms: now_ms,
    server_ms: snapshot.server_ms,
    snapshot,
    points: joinPoints(points, pointsOf(message)),
    purge: snapshot.purge,
    news: before && contentsOf(before) !== contentsOf(snapshot) ? news + 1 : news,
  }));
}

/** The api's clock now, as far as one can tell from its last message. */
export function serverNow_ms(now_ms = Date.now()): number {
  const { server_ms, last_ms } = live.getState();
  return last_ms === null ? now_ms : server_ms + (now_ms - last_ms);
}
