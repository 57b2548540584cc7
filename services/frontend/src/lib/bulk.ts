/** One call for each of many items, a few at a time. It goes on when one fails, and reports each that failed. */

import { asProblem } from "@/lib/api/problem";

const AT_ONCE = 4;

export interface BulkResult {
  done: readonly string[];
  failed: readonly { key: string; reason: string }[];
}

/** Return the result of all calls. `onProgress` gets the number of calls that have ended. */
export async function runForEach(
  keys: readonly string[],
  run: (key: string) => Promise<unknown>,
  onProgress: (ended: number) => void = () => undefined,
): Promise<BulkResult> {
  const done: string[] = [];
  const failed: { key: string; reason: string }[] = [];
  const waiting = [...keys];
  const lane = async () => {
    for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) {
      try {
        await run(key);
        done.push(key);
      } catch (error) {
        failed.push({ key, reason: asProblem(error).message });
      }
      onProgress(done.length + failed.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return { done, failed };
}
