/** Tries again what a bad connection or a restart has broken: an upload outlives a tunnel. */

const TRIES = 8;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

export interface PerseveranceOptions {
  signal: AbortSignal;
  /** Resolves after that time, or when the browser is online again; rejects when the signal says so. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The result of `attempt`, tried up to eight times over some two minutes. What is refused for good is not repeated. */
export async function persevere<Result>(
  attempt: () => Promise<Result>,
  { signal, wait = waitOrOnline }: PerseveranceOptions,
): Promise<Result> {
  for (let failures = 0; ; ) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      failures += 1;
      if (!isRetryable(error) || failures >= TRIES) throw error;
      await wait(Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS), signal);
    }
  }
}

/** What the bucket answers (SendError) and what the api answers (Problem) both say so of themselves. */
function isRetryable(error: unknown): boolean {
  return error instanceof Error && "isRetryable" in error && error.isRetryable === true;
}

function waitOrOnline(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (settle: () => void) => {
      clearTimeout(timer);
      window.removeEventListener("online", wake);
      signal.removeEventListener("abort", stop);
      settle();
    };
    const wake = () => done(resolve);
    const stop = () => done(() => reject(signal.reason));
    const timer = setTimeout(wake, ms);
    window.addEventListener("online", wake);
    signal.addEventListener("abort", stop);
  });
}
