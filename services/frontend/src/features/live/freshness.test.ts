import { describe, expect, it } from "vitest";
import { type ConnectionStatus, assessFreshness } from "./freshness";

const nowMs = 1_000_000;
const status: ConnectionStatus = { socket: "open", lastMs: nowMs - 2000, oldestSourceAgeS: 0, nowMs, pushIntervalS: 5 };

describe("assessFreshness", () => {
  it("is live while messages arrive", () => expect(assessFreshness(status)).toEqual({ liveness: "live", ageS: 2 }));

  it("tolerates one late message", () =>
    expect(assessFreshness({ ...status, lastMs: nowMs - 12_000 }).liveness).toBe("live"));

  it("is stale if messages stop on an open socket", () =>
    expect(assessFreshness({ ...status, lastMs: nowMs - 14_000 })).toEqual({ liveness: "stale", ageS: 14 }));

  it("is stale if a source is old", () =>
    expect(assessFreshness({ ...status, oldestSourceAgeS: 40 })).toEqual({ liveness: "stale", ageS: 42 }));

  it("is down with its age without a socket", () =>
    expect(assessFreshness({ ...status, socket: "lost" })).toEqual({ liveness: "down", ageS: 2 }));

  it("is connecting until the first message", () => {
    expect(assessFreshness({ ...status, socket: "connecting", lastMs: null })).toEqual({
      liveness: "connecting",
      ageS: null,
    });
    expect(assessFreshness({ ...status, lastMs: null }).liveness).toBe("connecting");
  });

  it("returns no negative age after a clock change", () =>
    expect(assessFreshness({ ...status, lastMs: nowMs + 5000 }).ageS).toBe(0));
});
