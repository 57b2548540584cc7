import { describe, expect, it } from "vitest";
import { type Heard, judge } from "./freshness";

const now_ms = 1_000_000;
const heard: Heard = { socket: "open", last_ms: now_ms - 2000, oldestSource_s: 0, now_ms, pushInterval_s: 5 };

describe("judge", () => {
  it("is live while messages come", () => expect(judge(heard)).toEqual({ liveness: "live", age_s: 2 }));

  it("forgives one late message", () => expect(judge({ ...heard, last_ms: now_ms - 12_000 }).liveness).toBe("live"));

  it("is stale when messages stop although the socket is open", () =>
    expect(judge({ ...heard, last_ms: now_ms - 14_000 })).toEqual({ liveness: "stale", age_s: 14 }));

  it("is stale when a source behind the api is old", () =>
    expect(judge({ ...heard, oldestSource_s: 40 })).toEqual({ liveness: "stale", age_s: 42 }));

  it("is down as soon as the socket is lost, and still knows the data's age", () =>
    expect(judge({ ...heard, socket: "lost" })).toEqual({ liveness: "down", age_s: 2 }));

  it("is connecting until something was heard", () => {
    expect(judge({ ...heard, socket: "connecting", last_ms: null })).toEqual({ liveness: "connecting", age_s: null });
    expect(judge({ ...heard, last_ms: null }).liveness).toBe("connecting");
  });

  it("does not let a clock that was set back make data younger than now", () =>
    expect(judge({ ...heard, last_ms: now_ms + 5000 }).age_s).toBe(0));
});
