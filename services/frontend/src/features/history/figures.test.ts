import { expect, it } from "vitest";
import { formatSuccess, listFailures, rangeOf, toCounts, type History } from "./figures";

const TIMES = { p50_s: null, p95_s: null };
const FIGURES = { done: 3, degraded: 1, failed: 2, success_rate: 4 / 6, queue: TIMES, thumbnails: TIMES, failures: {} };

it("calls only a rate without failures 100 %", () => {
  expect([1, 0.9999, 0.29, 0].map(formatSuccess)).toEqual(["100 %", "99.9 %", "29 %", "0 %"]);
});

it("takes the default range for an unknown one", () => {
  expect(["7d", "", "2y"].map(rangeOf)).toEqual(["7d", "24h", "24h"]);
});

it("draws each point in the middle of its time", () => {
  const point = { ...FIGURES, at: "1970-01-01T00:01:00Z", since: "1970-01-01T00:01:00Z" };
  const history: History = { range: "1h", step_s: 60, total: FIGURES, points: [point] };
  expect(toCounts(history)).toEqual({ timesS: [90], good: [4], ended: [6] });
});

it("lists the most frequent reason first, and none without videos", () => {
  expect(listFailures({ ...FIGURES, failures: { empty: 1, damaged: 5, timeout: 0 } })).toEqual([
    ["damaged", 5],
    ["empty", 1],
  ]);
});
