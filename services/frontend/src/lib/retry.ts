/** Retries after a lost connection or a restart of the server. */

const MAX_ATTEMPTS = 8;
const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 30_000;

export interface RetryOptions {
  signal: AbortSignal;
  /** Maximum number of attempts. */
  maxAttempts?: number;
  /** Also wait for the next login when the session has ended. */
  retryUnauthorized?: boolean;
  /** Called for every failure that is retried. */
  onRetry?: (error: unknown) => void;
  /** Resolve after `ms`, or earlier if retryNow is called; reject when the signal aborts. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Return the result of `attempt`, by default after at most eight attempts in about two minutes. */
export async function retryTransient<Result>(
  attempt: () => Promise<Result>,
  { signal, maxAttempts = MAX_ATTEMPTS, retryUnauthorized = false, onRetry, wait = waitOrRetryNow }: RetryOptions,
): Promise<Result> {
  for (let failures = 0; ;) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      failures += 1;
      const isPassing = isRetryable(error) || (retryUnauthorized && statusOf(error) === 401);
      if (!isPassing || failures >= maxAttempts) throw error;
      onRetry?.(error);
      await wait(Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), MAX_WAIT_MS), signal);
    }
  }
}

const waiting = new Set<() => void>();

/** End all waits at once, because the connection or the session is back, or the user asked for it. */
export function retryNow(): void {
  for (const wake of [...waiting]) wake();
}

/** SendError (from the bucket) and Problem (from the api) both say whether they are retryable. */
function isRetryable(error: unknown): boolean {
  return error instanceof Error && "isRetryable" in error && error.isRetryable === true;
}

function statusOf(error: unknown): unknown {
  return error instanceof Error && "status" in error ? error.status : null;
}

function waitOrRetryNow(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (settle: () => void) => {
      clearTimeout(timer);
      waiting.delete(wake);
      window.removeEventListener("online", wake);
      signal.removeEventListener("abort", stop);
      settle();
    };
    const wake = () => done(resolve);
    const stop = () => done(() => reject(signal.reason));
    const timer = setTimeout(wake, ms);
    waiting.add(wake);
    window.addEventListener("online", wake);
    signal.addEventListener("abort", stop);
  });
}
