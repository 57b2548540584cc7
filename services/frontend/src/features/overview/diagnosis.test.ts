import { expect, it } from "vitest";
import { diagnose, type Situation } from "./diagnosis";

const calm: Situation = {
  waiting: 0,
  workers: { ready: 2, failing: 0 },
  perMinute: 30,
  drainS: 0,
  inFlight: 0,
  oldestS: null,
  isPaused: false,
};

it.each<[string, Partial<Situation>, string, RegExp]>([
  ["an empty queue", {}, "good", /no videos waiting/],
  ["workers that keep failing", { workers: { ready: 1, failing: 2 } }, "bad", /2 workers keep failing/],
  ["no workers", { waiting: 5, workers: { ready: 0, failing: 0 } }, "warn", /No worker is running/],
  ["videos that no worker finishes", { waiting: 5, perMinute: 0, oldestS: 600 }, "bad", /none finished/],
  ["videos that have just come", { waiting: 5, perMinute: 0, oldestS: 2 }, "good", /workers are processing/],
  ["a pause", { waiting: 5, perMinute: 0, oldestS: 600, isPaused: true }, "warn", /Processing is paused/],
  ["a pause without videos", { isPaused: true }, "good", /no videos waiting/],
  [
    "first videos processing",
    { waiting: 5, perMinute: 0, drainS: null, inFlight: 2 },
    "good",
    /workers are processing/,
  ],
  [
    "a burst after a quiet hour",
    { waiting: 55, perMinute: 1, drainS: 20, inFlight: 2 },
    "good",
    /workers are processing/,
  ],
  ["a short queue", { waiting: 30, drainS: 60 }, "good", /workers are processing/],
  ["a long queue", { waiting: 600, drainS: 1200 }, "warn", /2 ready workers need about 20 min for 600 waiting videos/],
])("%s", (_name, change, tone, answer) => {
  const diagnosis = diagnose({ ...calm, ...change });
  expect(diagnosis.tone).toBe(tone);
  expect(diagnosis.answer).toMatch(answer);
});
