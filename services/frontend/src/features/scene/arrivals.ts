/** Number of videos that came to the queue between two samples. Pure.
 *
 * Nothing counts uploads: a video has a record only after a worker has taken it. But arrivals can be derived from two
 * balances, that of the queue alone and that of the queue with its workers. Only what both balances show has arrived:
 * a message that returns to the queue, or is deleted before or after its record is written, is no arrival.
 */

export interface QueueSample {
  waiting: number;
  /** Messages that are not due yet; they wait as well. */
  delayed: number;
  inFlight: number;
  deadLetters: number;
}

/** Surplus or deficit of each balance over the arrivals counted so far. */
export interface Balance {
  queue: number;
  pipeline: number;
}

export const ZERO_BALANCE: Balance = { queue: 0, pipeline: 0 };

export interface Arrivals {
  /** Uploaded from outside. */
  uploaded: number;
  /** Redriven from the dead letters. */
  redriven: number;
  balance: Balance;
}

/** Count arrivals between two samples. `taken` and `ended` count the videos that did so between them. */
export function countArrivals(
  before: QueueSample,
  after: QueueSample,
  { taken, ended, balance }: { taken: number; ended: number; balance: Balance },
): Arrivals {
  const growth = after.waiting + after.delayed - before.waiting - before.delayed;
  const queue = balance.queue + growth + taken;
  const pipeline = balance.pipeline + growth + after.inFlight - before.inFlight + ended;
  const came = Math.max(0, Math.min(queue, pipeline));
  const redriven = Math.min(came, Math.max(0, before.deadLetters - after.deadLetters));
  return {
    uploaded: came - redriven,
    redriven,
    // Nothing can be outstanding in an idle pipeline, so forget purged and repeated messages. It is not idle if a video
    // moved: the queue may have been sampled before the video arrived, and the videos after.
    balance:
      isAtRest(before) && isAtRest(after) && taken + ended === 0
        ? ZERO_BALANCE
        : { queue: queue - came, pipeline: pipeline - came },
  };
}

function isAtRest({ waiting, delayed, inFlight }: QueueSample): boolean {
  return waiting + delayed + inFlight === 0;
}
