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
}

export interface Diagnosis {
  tone: Tone;
  answer: string;
}

/** A queue that the workers empty within this time is not slow. */
const SHORT_S = 120;

export function diagnose({ waiting, workers, perMinute, drainS, inFlight }: Situation): Diagnosis {
  const labels = text.performance.answer;
  if (workers.failing > 0) return { tone: "bad", answer: labels.failing(workers.failing) };
  if (waiting === 0) return { tone: "good", answer: labels.idle };
  if (workers.ready === 0) return { tone: "warn", answer: labels.noWorkers };
  if (perMinute === 0 && inFlight === 0) return { tone: "bad", answer: labels.stuck };
  if (drainS === null || drainS <= SHORT_S) return { tone: "good", answer: labels.fine };
  return { tone: "warn", answer: labels.backlog(waiting, workers.ready, drainS) };
}
