import { beforeEach, describe, expect, it } from "vitest";
import type { State } from "@/lib/api/models";
import { oldestSourceAgeS, snapshotOf } from "./snapshot";
import { liveStore, receive, serverNowMs, setSocket } from "./store";

const fresh = { stale: false, age_s: 0.1, error: null };

function state(second: number, change: Partial<State> = {}): State {
  const at = new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
  const sample = { at, visible: second, in_flight: 1, delayed: 0, dead_letters: 0 };
  return {
    type: "state",
    server: "a",
    seq: second,
    at,
    sources: { queue: fresh, pods: fresh, metrics: fresh },
    queue: { visible: second, in_flight: 1, delayed: 0, oldest_age_s: null, dead_letters: 0, history: [sample] },
    pods: [],
    metrics: null,
    videos: [],
    purge: null,
    jobs: [],
    processing: null,
    ...change,
  };
}

beforeEach(() =>
  liveStore.setState({
    socket: "connecting",
    nextAttemptMs: null,
    lastMs: null,
    serverMs: 0,
    snapshot: null,
    points: [],
    purge: null,
    revision: 0,
  }),
);

describe("the live state", () => {
  it("keeps the history over a lost connection", () => {
    receive(state(5), 1000);
    receive(state(10), 6000);
    setSocket("lost");
    expect(liveStore.getState().points).toHaveLength(2);
    receive(state(20), 16_000);
    expect(liveStore.getState().points.map(({ waiting }) => waiting)).toEqual([5, 10, 20]);
    expect(liveStore.getState().socket).toBe("open");
  });

  it("keeps the queue of each message for the chart, unless it is old", () => {
    const burst = (second: number, visible: number, isStale = false) => {
      const { queue, sources } = state(second);
      const age = { stale: isStale, age_s: 30, error: null };
      return state(second, {
        queue: queue && { ...queue, visible, history: [] },
        sources: isStale ? { ...sources, queue: age } : sources,
      });
    };
    receive(burst(5, 0), 1000);
    receive(burst(7, 55), 3000);
    receive(burst(9, 55, true), 5000);
    expect(liveStore.getState().points.map(({ waiting }) => waiting)).toEqual([0, 55]);
  });

  it("forgets the next attempt with the first message", () => {
    setSocket("lost", 9000);
    expect(liveStore.getState()).toMatchObject({ socket: "lost", nextAttemptMs: 9000 });
    receive(state(5), 9100);
    expect(liveStore.getState()).toMatchObject({ socket: "open", nextAttemptMs: null });
  });

  it("increments the revision when a video was made again between two pushes", () => {
    const done = (updatedAt: string) => [{ key: "uploads/a.mp4", updated_at: updatedAt }] as State["videos"];
    receive(state(50, { videos: done("2026-01-01T00:00:05Z") }), 1000);
    receive(state(52, { videos: done("2026-01-01T00:00:05Z") }), 3000);
    expect(liveStore.getState().revision).toBe(0);
    receive(state(54, { videos: done("2026-01-01T00:00:53Z") }), 5000);
    expect(liveStore.getState().revision).toBe(1);
  });

  it("increments the revision with the first message after a change that lists may lack", () => {
    const videos = [{ key: "uploads/a.mp4", updated_at: "2026-01-01T00:00:04Z" }] as State["videos"];
    receive(state(5, { videos }), 1000);
    expect(liveStore.getState().revision).toBe(1);
  });

  it("increments the revision only when lists change", () => {
    receive(state(5), 1000);
    receive(state(10), 6000);
    expect(liveStore.getState().revision).toBe(0);
    const queue = state(15).queue;
    receive(state(15, { queue: queue && { ...queue, dead_letters: 1 } }), 11_000);
    expect(liveStore.getState().revision).toBe(1);
  });

  it("extrapolates the server's time between messages", () => {
    receive(state(5), 1000);
    expect(serverNowMs(3500)).toBe(Date.UTC(2026, 0, 1, 0, 0, 5) + 2500);
  });

  it("takes the age of the oldest failed source", () => {
    const sources = { ...state(5).sources, pods: { stale: true, age_s: 40, error: "403" } };
    expect(oldestSourceAgeS(snapshotOf(state(5)))).toBe(0);
    expect(oldestSourceAgeS(snapshotOf(state(5, { sources })))).toBe(40);
  });
});
