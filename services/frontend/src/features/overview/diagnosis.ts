/** Answer to "why is it slow?" from the current state. Pure. */

import type { Tone } from "@/components/ui/pill";
import { text } from "@/text";

export interface Situation {
  waiting: number;
  workers: { ready: number; failing: number };
  /** Videos finished per minute, over the last minutes. */
  perMinute: number;
  /** Seconds that the ready workers need for the queue; null if not known. */
  drainS: number | null;
  inFlight: number;
  /** Age of the oldest waiting video; null if not known. */
  oldestS: number | null;
  isPaused: boolean;
}

export interface Diagnosis {
  tone: Tone;
  answer: string;
}

/** A queue that the workers empty within this time is not slow. */
const SHORT_S = 120;

export function diagnose(situation: Situation): Diagnosis {
  const { waiting, workers, perMinute, drainS, inFlight, oldestS, isPaused } = situation;
  const labels = text.performance.answer;
  if (workers.failing > 0) return { tone: "bad", answer: labels.failing(workers.failing) };
  if (waiting === 0) return { tone: "good", answer: labels.idle };
  // Nothing ends in a pause, and the workers are ready for its end.
  if (isPaused) return { tone: "warn", answer: labels.paused };
  if (workers.ready === 0) return { tone: "warn", answer: labels.noWorkers };
  // Videos that have just come after a quiet time have not had the time to end.
  if (perMinute === 0 && inFlight === 0 && (oldestS ?? 0) > SHORT_S) return { tone: "bad", answer: labels.stuck };
  if (drainS === null || drainS <= SHORT_S) return { tone: "good", answer: labels.fine };
  return { tone: "warn", answer: labels.backlog(waiting, workers.ready, drainS) };
}
