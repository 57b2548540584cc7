import { expect, it } from "vitest";
import { diagnose, type Situation } from "./diagnosis";

const calm: Situation = { waiting: 0, workers: { ready: 2, failing: 0 }, perMinute: 30, inFlight: 0 };

it.each<[string, Partial<Situation>, string, RegExp]>([
  ["an empty queue", {}, "good", /no videos are waiting/],
  ["workers that keep failing", { workers: { ready: 1, failing: 2 } }, "bad", /2 workers keep failing/],
  ["no workers", { waiting: 5, workers: { ready: 0, failing: 0 } }, "warn", /No worker is running/],
  ["videos that no worker finishes", { waiting: 5, perMinute: 0 }, "bad", /none finished/],
  ["first videos processing", { waiting: 5, perMinute: 0, inFlight: 2 }, "calm", /workers are processing/],
  ["a short queue", { waiting: 30 }, "good", /workers are processing/],
  ["a long queue", { waiting: 600 }, "warn", /600 videos are waiting and 30 finish per minute/],
])("%s", (_name, change, tone, answer) => {
  const diagnosis = diagnose({ ...calm, ...change });
  expect(diagnosis.tone).toBe(tone);
  expect(diagnosis.answer).toMatch(answer);
});
