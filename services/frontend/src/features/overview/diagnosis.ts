/** The answer to "why is it slow?", from what is known right now. Pure. */

import type { Tone } from "@/components/ui/pill";
import { text } from "@/text";

export interface Situation {
  waiting: number;
  workers: { ready: number; failing: number };
  /** Videos that ended per minute, over the last minutes. */
  perMinute: number;
  inFlight: number;
}

export interface Diagnosis {
  tone: Tone;
  answer: string;
}

/** A queue that the workers empty within this time is not slow. */
const SHORT_MIN = 1;

export function diagnose({ waiting, workers, perMinute, inFlight }: Situation): Diagnosis {
  const words = text.performance.answer;
  if (workers.failing > 0) return { tone: "bad", answer: words.failing(workers.failing) };
  if (waiting === 0) return { tone: "good", answer: words.idle };
  if (workers.ready === 0) return { tone: "warn", answer: words.noWorkers };
  if (perMinute === 0)
    return inFlight > 0 ? { tone: "calm", answer: words.fine } : { tone: "bad", answer: words.stuck };
  if (waiting / perMinute <= SHORT_MIN) return { tone: "good", answer: words.fine };
  return { tone: "warn", answer: words.backlog(waiting, perMinute.toFixed(perMinute < 10 ? 1 : 0)) };
}
