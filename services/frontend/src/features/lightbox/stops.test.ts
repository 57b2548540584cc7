import { expect, it } from "vitest";
import type { Thumbnail } from "@/lib/api/models";
import { middleStop, stopNear, stopsOf } from "./stops";

const thumbnails = [1.2, 6, 11.4].map((timeS) => ({ key: `${timeS}`, time_s: timeS }) as Thumbnail);
const storyboard = { tiles: 3, interval_s: 5 };
const timesOf = (numbers: readonly { timeS: number }[]) => numbers.map(({ timeS }) => timeS);

it("puts thumbnails and tiles in the order of time, each moment once", () => {
  const stops = stopsOf([...thumbnails, { key: "5", time_s: 5 } as Thumbnail], storyboard);
  expect(timesOf(stops)).toEqual([0, 1.2, 5, 6, 10, 11.4]);
  expect(stops.map(({ thumbnail }) => thumbnail?.key ?? "tile")).toEqual(["tile", "1.2", "5", "6", "tile", "11.4"]);
});

it.each([
  [4.9, 0.5, 0],
  [5.6, 0.5, 6],
  [5.4, 0.5, 5],
  [9.9, 0.5, 5],
  [99, 0.5, 10],
  [6, 0.01, 6],
])("shows at %s s, snapping within %s s, the stop of %s s", (timeS, snapS, shownS) => {
  const stops = stopsOf(thumbnails, storyboard);
  expect(stops[stopNear(stops, timeS, snapS)]?.timeS).toBe(shownS);
});

it("takes the nearest thumbnail without a storyboard", () => {
  const stops = stopsOf(thumbnails, null);
  expect([0, 3, 4, 99].map((timeS) => stops[stopNear(stops, timeS)]?.timeS)).toEqual([1.2, 1.2, 6, 11.4]);
  expect(stopNear([], 5)).toBe(-1);
});

it("begins with the middle thumbnail, else with the first tile", () => {
  expect(
    [[thumbnails, storyboard] as const, [thumbnails, null] as const, [[], storyboard] as const].map(
      ([marks, board]) => {
        const stops = stopsOf(marks, board);
        return stops[middleStop(stops)]?.timeS;
      },
    ),
  ).toEqual([6, 6, 0]);
  expect(middleStop([])).toBe(-1);
});
