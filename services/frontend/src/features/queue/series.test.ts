import { expect, it } from "vitest";
import { joinPoints, type QueuePoint, summarize } from "./series";

const point = (timeS: number, waiting = 0): QueuePoint => ({ timeS, waiting, inFlight: 0 });

it("puts history and news in order, each time once, and the later word wins", () => {
  const joined = joinPoints([point(10, 1), point(15, 2)], [point(15, 3), point(5, 9)]);
  expect(joined).toEqual([point(5, 9), point(10, 1), point(15, 3)]);
});

it("forgets what is older than the window", () => {
  expect(joinPoints([point(0), point(100)], [point(301)]).map(({ timeS }) => timeS)).toEqual([100, 301]);
});

it("keeps what was known when a reconnect brings a history again", () => {
  const known = [point(5), point(10), point(15)];
  expect(joinPoints(known, [point(10), point(15), point(20)])).toHaveLength(4);
});

it("says how deep the queue is and was", () => {
  expect(summarize([point(0, 4), point(60, 40), point(180, 3)])).toEqual({
    now: 3,
    inFlight: 0,
    highest: 40,
    minutes: 3,
  });
  expect(summarize([])).toBeNull();
});
