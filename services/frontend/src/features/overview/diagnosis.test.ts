import { expect, it } from "vitest";
import { diagnose, type Situation } from "./diagnosis";

const calm: Situation = { waiting: 0, workers: { ready: 2, failing: 0 }, perMinute: 30, inFlight: 0 };

it.each<[string, Partial<Situation>, string, RegExp]>([
  ["an empty queue", {}, "good", /nothing waits/],
  ["workers that keep failing", { workers: { ready: 1, failing: 2 } }, "bad", /2 workers keep failing/],
  ["no workers", { waiting: 5, workers: { ready: 0, failing: 0 } }, "warn", /No worker is running/],
  ["videos that nobody finishes", { waiting: 5, perMinute: 0 }, "bad", /nothing was finished/],
  ["first videos in work", { waiting: 5, perMinute: 0, inFlight: 2 }, "calm", /moving/],
  ["a short queue", { waiting: 30 }, "good", /moving/],
  ["a long queue", { waiting: 600 }, "warn", /600 videos wait and 30 leave in a minute/],
])("%s", (_name, change, tone, answer) => {
  const diagnosis = diagnose({ ...calm, ...change });
  expect(diagnosis.tone).toBe(tone);
  expect(diagnosis.answer).toMatch(answer);
});
