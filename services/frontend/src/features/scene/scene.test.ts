import { describe, expect, it } from "vitest";
import { along, layoutFor, rows, stackOf } from "./layout";
import { FLIGHT_MS, flightsBetween, type Standing, stillFlying } from "./model";

const standing = (station: Standing["station"], attempt = 1): Standing => ({
  key: "uploads/a.mp4",
  attempt,
  station,
  worker: "worker-1",
});
const known = (...all: Standing[]) => new Map(all.map((entry) => [entry.key, entry]));

describe("the queue's stack", () => {
  it.each([
    [0, { slabs: 0, perSlab: 1 }],
    [1, { slabs: 1, perSlab: 1 }],
    [20, { slabs: 20, perSlab: 1 }],
    [21, { slabs: 3, perSlab: 10 }],
    [3000, { slabs: 3, perSlab: 1000 }],
  ])("of %d videos", (depth, stack) => expect(stackOf(depth)).toEqual(stack));
});

describe("workers in rows", () => {
  it.each([1, 2, 7, 10, 50, 200])("%d of them fit their place, none on another", (count) => {
    const layout = layoutFor(2);
    const { places, scale } = rows(count, layout);
    expect(places).toHaveLength(count);
    const centre = layout.places.workers;
    for (const place of places) {
      expect(Math.abs(place.x - centre.x)).toBeLessThanOrEqual(layout.workersWidth_m / 2);
      expect(Math.abs(place.z - centre.z)).toBeLessThanOrEqual(layout.workersDepth_m / 2 + 0.6);
    }
    const gaps = places.slice(1).map((place, index) => {
      const before = places[index] ?? place;
      return Math.hypot(place.x - before.x, place.z - before.z);
    });
    if (gaps.length > 0) expect(Math.min(...gaps)).toBeGreaterThan(0.96 * scale);
  });
});

describe("flights", () => {
  it("follow a video from the queue to a worker to its thumbnails", () => {
    const first = flightsBetween(new Map(), [standing("workers")], 0);
    expect(first.map(({ from, to }) => [from, to])).toEqual([["queue", "workers"]]);
    const second = flightsBetween(known(standing("workers")), [standing("thumbnails")], 5000);
    expect(second.map(({ from, to }) => [from, to])).toEqual([["workers", "thumbnails"]]);
  });

  it("show both ways of a video that was faster than the look, one after the other", () => {
    const flights = flightsBetween(new Map(), [standing("thumbnails")], 0);
    expect(flights.map(({ from, to }) => [from, to])).toEqual([
      ["queue", "workers"],
      ["workers", "thumbnails"],
    ]);
    expect((flights[1]?.starts_ms ?? 0) - (flights[0]?.starts_ms ?? 0)).toBeGreaterThanOrEqual(FLIGHT_MS);
  });

  it("go aside for what has failed, and start over for a second try", () => {
    const failed = flightsBetween(known(standing("workers")), [standing("deadLetters")], 0);
    expect(failed[0]?.to).toBe("deadLetters");
    const again = flightsBetween(known(standing("workers", 1)), [standing("workers", 2)], 0);
    expect(again[0]?.from).toBe("queue");
  });

  it("do not move what stays where it is", () => {
    expect(flightsBetween(known(standing("thumbnails")), [standing("thumbnails")], 0)).toEqual([]);
  });

  it("are at most sixty at a time, and end", () => {
    const many = Array.from({ length: 500 }, (_, index) => ({ ...standing("workers"), key: `uploads/${index}.mp4` }));
    const flights = flightsBetween(new Map(), many, 0);
    expect(flights).toHaveLength(60);
    expect(stillFlying(flights, 60_000)).toEqual([]);
  });
});

it("a way begins and ends where it should", () => {
  const [from, to] = [{ x: 0, z: 1 }, { x: 4, z: 3 }];
  expect(along(from, to, 0)).toMatchObject(from);
  expect(along(from, to, 1)).toMatchObject(to);
});
