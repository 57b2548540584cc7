/** Whether what is shown can be trusted: LIVE, STALE or DOWN. Pure. */

export type Liveness = "connecting" | "live" | "stale" | "down";

export interface Heard {
  /** State of the socket: before its first opening, open, or lost. */
  socket: "connecting" | "open" | "lost";
  /** When the last message came, by this browser's clock. */
  last_ms: number | null;
  /** Age of the oldest data in that message, in seconds: the largest of its sources'. */
  oldestSource_s: number;
  now_ms: number;
  pushInterval_s: number;
}

export interface Judgement {
  liveness: Liveness;
  /** Age of the data in seconds; null when nothing was heard yet. */
  age_s: number | null;
}

/** One message may be late, and one source may miss one tick. */
const PATIENCE = 2.6;

export function judge({ socket, last_ms, oldestSource_s, now_ms, pushInterval_s }: Heard): Judgement {
  const silence_s = last_ms === null ? null : Math.max(0, (now_ms - last_ms) / 1000);
  const age_s = silence_s === null ? null : silence_s + oldestSource_s;
  if (socket === "lost") return { liveness: "down", age_s };
  if (socket === "connecting" || age_s === null) return { liveness: "connecting", age_s };
  return { liveness: age_s > pushInterval_s * PATIENCE ? "stale" : "live", age_s };
}
