/** Freshness of the shown data: LIVE, STALE or DOWN. Pure. */

export type Liveness = "connecting" | "live" | "stale" | "down";

export interface ConnectionStatus {
  /** State of the socket: not yet opened, open, or lost. */
  socket: "connecting" | "open" | "lost";
  /** Arrival of the last message, by this browser's clock. */
  lastMs: number | null;
  /** Age of the oldest source in that message. */
  oldestSourceAgeS: number;
  nowMs: number;
  pushIntervalS: number;
}

export interface Freshness {
  liveness: Liveness;
  /** Null until the first message. */
  ageS: number | null;
}

/** One message may be late, and one source may miss one update. */
const STALE_AFTER_PUSHES = 2.6;

export function assessFreshness({
  socket,
  lastMs,
  oldestSourceAgeS,
  nowMs,
  pushIntervalS,
}: ConnectionStatus): Freshness {
  const silenceS = lastMs === null ? null : Math.max(0, (nowMs - lastMs) / 1000);
  const ageS = silenceS === null ? null : silenceS + oldestSourceAgeS;
  if (socket === "lost") return { liveness: "down", ageS };
  if (socket === "connecting" || ageS === null) return { liveness: "connecting", ageS };
  return { liveness: ageS > pushIntervalS * STALE_AFTER_PUSHES ? "stale" : "live", ageS };
}
