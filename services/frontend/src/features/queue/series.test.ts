import { expect, it } from "vitest";
import { mergePoints, type QueuePoint, summarize, toSeries } from "./series";

const point = (timeS: number, waiting = 0): QueuePoint => ({ timeS, waiting, inFlight: 0 });

it("merges points in order, and later values win", () => {
  const joined = mergePoints([point(10, 1), point(15, 2)], [point(15, 3), point(5, 9)]);
  expect(joined).toEqual([point(5, 9), point(10, 1), point(15, 3)]);
});

it("drops points older than the window", () => {
  expect(mergePoints([point(0), point(100)], [point(301)]).map(({ timeS }) => timeS)).toEqual([100, 301]);
});

it("keeps known points when a reconnect repeats the history", () => {
  const known = [point(5), point(10), point(15)];
  expect(mergePoints(known, [point(10), point(15), point(20)])).toHaveLength(4);
});

it("summarizes current and highest depth", () => {
  const points = [point(0, 4), point(60, 40), point(180, 3)];
  expect(summarize(points, null)).toEqual({ now: 3, inFlight: 0, highest: 40, minutes: 3 });
  expect(summarize([], null)).toBeNull();
});

it("summarizes the queue of the latest push, also if another api has added a later sample", () => {
  expect(summarize([point(0, 4), point(60, 40)], { waiting: 7, inFlight: 2 })).toMatchObject({ now: 7, inFlight: 2 });
});

it("shows an outage as a gap, also while it lasts", () => {
  const points = [point(0, 1), point(5, 2), point(60, 3)];
  expect(toSeries(points, 15)).toMatchObject({ timesS: [0, 5, 6, 60], waiting: [1, 2, null, 3] });
  expect(toSeries(points, 15, 70).timesS.at(-1)).toBe(60);
  expect(toSeries(points, 15, 90)).toMatchObject({ timesS: [0, 5, 6, 60, 90], waiting: [1, 2, null, 3, null] });
});
