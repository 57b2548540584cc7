/** Whether what is shown can be trusted: LIVE, STALE or DOWN. Pure. */

export type Liveness = "connecting" | "live" | "stale" | "down";

export interface Heard {
  /** State of the socket: before its first opening, open, or lost. */
  socket: "connecting" | "open" | "lost";
  /** When the last message came, by this browser's clock. */
  lastMs: number | null;
  /** Age of the oldest data in that message, in seconds: the largest of its sources'. */
  oldestSourceAgeS: number;
  nowMs: number;
  pushIntervalS: number;
}

export interface Judgement {
  liveness: Liveness;
  /** Age of the data in seconds; null when nothing was heard yet. */
  ageS: number | null;
}

/** One message may be late, and one source may miss one tick. */
const PATIENCE = 2.6;

export function judge({ socket, lastMs, oldestSourceAgeS, nowMs, pushIntervalS }: Heard): Judgement {
  const silenceS = lastMs === null ? null : Math.max(0, (nowMs - lastMs) / 1000);
  const ageS = silenceS === null ? null : silenceS + oldestSourceAgeS;
  if (socket === "lost") return { liveness: "down", ageS };
  if (socket === "connecting" || ageS === null) return { liveness: "connecting", ageS };
  return { liveness: ageS > pushIntervalS * PATIENCE ? "stale" : "live", ageS };
}
