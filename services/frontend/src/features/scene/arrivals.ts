/** How many videos have come to the queue between two looks at the pipeline. Pure.
 *
 * Nobody counts what is uploaded: a video has a record only once a worker has taken it. But what comes, stays and goes
 * must add up, at the queue by itself and over the queue with its workers. Only what both accounts show has come:
 * a message that returns to the queue, or one that is deleted before or after its record is written, is no arrival.
 */

export interface QueueLook {
  waiting: number;
  /** Not yet due: they wait as well. */
  delayed: number;
  inFlight: number;
  deadLetters: number;
}

/** What each account shows more, or less, than has been told as arrivals so far. */
export interface Accounts {
  queue: number;
  pipeline: number;
}

export const EVEN: Accounts = { queue: 0, pipeline: 0 };

export interface Arrivals {
  /** From outside. */
  uploaded: number;
  /** From the dead letters. */
  redriven: number;
  accounts: Accounts;
}

/** `taken` by workers and `ended`: videos that were seen to do so between the two looks. */
export function arrivalsBetween(
  before: QueueLook,
  after: QueueLook,
  { taken, ended, accounts }: { taken: number; ended: number; accounts: Accounts },
): Arrivals {
  const growth = after.waiting + after.delayed - before.waiting - before.delayed;
  const queue = accounts.queue + growth + taken;
  const pipeline = accounts.pipeline + growth + after.inFlight - before.inFlight + ended;
  const came = Math.max(0, Math.min(queue, pipeline));
  const redriven = Math.min(came, Math.max(0, before.deadLetters - after.deadLetters));
  return {
    uploaded: came - redriven,
    redriven,
    // Nothing can be outstanding in a pipeline that rests: what was purged or came twice is forgotten. It does not
    // rest where a video moved: the queue may have been looked at before it came, the videos after.
    accounts:
      isAtRest(before) && isAtRest(after) && taken + ended === 0
        ? EVEN
        : { queue: queue - came, pipeline: pipeline - came },
  };
}

function isAtRest({ waiting, delayed, inFlight }: QueueLook): boolean {
  return waiting + delayed + inFlight === 0;
}
