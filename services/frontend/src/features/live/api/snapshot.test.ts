import { beforeEach, describe, expect, it } from "vitest";
import type { State } from "@/lib/api/models";
import { oldestSourceAgeS, snapshotOf } from "./snapshot";
import { live, receive, serverNowMs, setSocket } from "./store";

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
    ...change,
  };
}

beforeEach(() =>
  live.setState({
    socket: "connecting",
    lastMs: null,
    serverMs: 0,
    snapshot: null,
    points: [],
    purge: null,
    news: 0,
  }),
);

describe("the live state", () => {
  it("keeps the history over a lost connection, and joins what comes after it", () => {
    receive(state(5), 1000);
    receive(state(10), 6000);
    setSocket("lost");
    expect(live.getState().points).toHaveLength(2);
    receive(state(20), 16_000);
    expect(live.getState().points.map(({ waiting }) => waiting)).toEqual([5, 10, 20]);
    expect(live.getState().socket).toBe("open");
  });

  it("counts as news what changes the lists, and nothing else", () => {
    receive(state(5), 1000);
    receive(state(10), 6000);
    expect(live.getState().news).toBe(0);
    const queue = state(15).queue;
    receive(state(15, { queue: queue && { ...queue, dead_letters: 1 } }), 11_000);
    expect(live.getState().news).toBe(1);
  });

  it("tells the server's time between two messages", () => {
    receive(state(5), 1000);
    expect(serverNowMs(3500)).toBe(Date.UTC(2026, 0, 1, 0, 0, 5) + 2500);
  });

  it("is as old as the oldest source that has failed", () => {
    const sources = { ...state(5).sources, pods: { stale: true, age_s: 40, error: "403" } };
    expect(oldestSourceAgeS(snapshotOf(state(5)))).toBe(0);
    expect(oldestSourceAgeS(snapshotOf(state(5, { sources })))).toBe(40);
  });
});
