import { expect, it } from "vitest";
import { Problem } from "./api/problem";
import { runForEach } from "./bulk";

const KEYS = Array.from({ length: 9 }, (_, index) => `uploads/${index}.mp4`);

it("goes on after a failure and names it", async () => {
  const ended: number[] = [];
  const refuse = (key: string) =>
    key === KEYS[3] ? Promise.reject(new Problem("Conflict", "It is being processed.", 409)) : Promise.resolve();
  const { done, failed } = await runForEach(KEYS, refuse, (count) => ended.push(count));
  expect(done.toSorted()).toEqual(KEYS.filter((key) => key !== KEYS[3]));
  expect(failed).toEqual([{ key: KEYS[3], reason: expect.stringContaining("It is being processed.") }]);
  expect(ended).toEqual(KEYS.map((_, index) => index + 1));
});

it("calls a few at a time", async () => {
  let running = 0;
  let most = 0;
  await runForEach(KEYS, async () => {
    most = Math.max(most, (running += 1));
    await Promise.resolve();
    running -= 1;
  });
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(4);
});
