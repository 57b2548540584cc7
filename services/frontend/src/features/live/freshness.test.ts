import { describe, expect, it } from "vitest";
import { type Heard, judge } from "./freshness";

const nowMs = 1_000_000;
const heard: Heard = { socket: "open", lastMs: nowMs - 2000, oldestSourceAgeS: 0, nowMs, pushIntervalS: 5 };

describe("judge", () => {
  it("is live while messages come", () => expect(judge(heard)).toEqual({ liveness: "live", ageS: 2 }));

  it("forgives one late message", () => expect(judge({ ...heard, lastMs: nowMs - 12_000 }).liveness).toBe("live"));

  it("is stale when messages stop although the socket is open", () =>
    expect(judge({ ...heard, lastMs: nowMs - 14_000 })).toEqual({ liveness: "stale", ageS: 14 }));

  it("is stale when a source behind the api is old", () =>
    expect(judge({ ...heard, oldestSourceAgeS: 40 })).toEqual({ liveness: "stale", ageS: 42 }));

  it("is down as soon as the socket is lost, and still knows the data's age", () =>
    expect(judge({ ...heard, socket: "lost" })).toEqual({ liveness: "down", ageS: 2 }));

  it("is connecting until something was heard", () => {
    expect(judge({ ...heard, socket: "connecting", lastMs: null })).toEqual({ liveness: "connecting", ageS: null });
    expect(judge({ ...heard, lastMs: null }).liveness).toBe("connecting");
  });

  it("does not let a clock that was set back make data younger than now", () =>
    expect(judge({ ...heard, lastMs: nowMs + 5000 }).ageS).toBe(0));
});
