/** Tries again what a bad connection or a restart has broken: an upload outlives a tunnel. */

const TRIES = 8;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

export interface PerseveranceOptions {
  signal: AbortSignal;
  /** How often it is tried at most. */
  tries?: number;
  /** Whether a session that has ended is waited out as well, until the next login. */
  outlivesSession?: boolean;
  /** Hears of every failure that is waited out. */
  onTrouble?: (error: unknown) => void;
  /** Resolves after that time, or when it may go on earlier; rejects when the signal says so. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The result of `attempt`, tried up to eight times over some two minutes. What is refused for good is not repeated. */
export async function persevere<Result>(
  attempt: () => Promise<Result>,
  { signal, tries = TRIES, outlivesSession = false, onTrouble, wait = waitOrGoOn }: PerseveranceOptions,
): Promise<Result> {
  for (let failures = 0; ;) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      failures += 1;
      const isPassing = isRetryable(error) || (outlivesSession && statusOf(error) === 401);
      if (!isPassing || failures >= tries) throw error;
      onTrouble?.(error);
      await wait(Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS), signal);
    }
  }
}

const waiting = new Set<() => void>();

/** Ends all waits at once: the connection or the session is back, or someone asks for it. */
export function goOn(): void {
  for (const wake of [...waiting]) wake();
}

/** What the bucket answers (SendError) and what the api answers (Problem) both say so of themselves. */
function isRetryable(error: unknown): boolean {
  return error instanceof Error && "isRetryable" in error && error.isRetryable === true;
}

function statusOf(error: unknown): unknown {
  return error instanceof Error && "status" in error ? error.status : null;
}

function waitOrGoOn(ms: number, signal: AbortSignal): Promise<void> {
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
