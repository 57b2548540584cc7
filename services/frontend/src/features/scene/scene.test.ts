import { describe, expect, it } from "vitest";
import { arrivalsBetween, EVEN, type QueueLook } from "./arrivals";
import { along, layoutFor, rows, stackOf } from "./layout";
import { FLIGHT_MS, flightsOf, type Standing, stillFlying, waysBetween } from "./model";

const standing = (station: Standing["station"], takenAt = "12:00"): Standing => ({
  key: "uploads/a.mp4",
  takenAt,
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
      expect(Math.abs(place.x - centre.x)).toBeLessThanOrEqual(layout.workersWidthM / 2);
      expect(Math.abs(place.z - centre.z)).toBeLessThanOrEqual(layout.workersDepthM / 2 + 0.6);
    }
    const gaps = places.slice(1).map((place, index) => {
      const before = places[index] ?? place;
      return Math.hypot(place.x - before.x, place.z - before.z);
    });
    if (gaps.length > 0) expect(Math.min(...gaps)).toBeGreaterThan(0.96 * scale);
  });
});

describe("flights", () => {
  const NONE = { uploaded: 0, redriven: 0 };
  const ways = (before: ReadonlyMap<string, Standing>, ...after: Standing[]) =>
    flightsOf(waysBetween(before, after), NONE, 0).map(({ from, to }) => [from, to]);

  it("follow a video from the queue to a worker to its thumbnails", () => {
    expect(ways(new Map(), standing("workers"))).toEqual([["queue", "workers"]]);
    expect(ways(known(standing("workers")), standing("thumbnails"))).toEqual([["workers", "thumbnails"]]);
  });

  it("show both ways of a video that was faster than the look, one after the other", () => {
    const flights = flightsOf(waysBetween(new Map(), [standing("thumbnails")]), NONE, 0);
    expect(flights.map(({ from, to }) => [from, to])).toEqual([
      ["queue", "workers"],
      ["workers", "thumbnails"],
    ]);
    expect((flights[1]?.startsMs ?? 0) - (flights[0]?.startsMs ?? 0)).toBeGreaterThanOrEqual(FLIGHT_MS);
  });

  it("go aside for what has failed, and start over for a second try, even one that ends alike", () => {
    expect(ways(known(standing("workers")), standing("deadLetters"))).toEqual([["workers", "deadLetters"]]);
    expect(ways(known(standing("workers")), standing("workers", "12:05"))).toEqual([["queue", "workers"]]);
    expect(ways(known(standing("deadLetters")), standing("deadLetters", "12:05"))).toEqual([
      ["queue", "workers"],
      ["workers", "deadLetters"],
    ]);
  });

  it("do not move what stays where it is", () => {
    expect(ways(known(standing("thumbnails")), standing("thumbnails"))).toEqual([]);
  });

  it("bring what comes to the queue before anything is taken from it, but hold up nothing that ends", () => {
    const after = [standing("workers"), { ...standing("thumbnails"), key: "uploads/b.mp4" }];
    const before = known({ ...standing("workers"), key: "uploads/b.mp4" });
    const flights = flightsOf(waysBetween(before, after), { uploaded: 1, redriven: 1 }, 0);
    const starts = new Map(flights.map(({ from, startsMs }) => [from, startsMs]));
    expect([...starts.keys()]).toEqual(["uploads", "deadLetters", "queue", "workers"]);
    expect(starts.get("queue")).toBeGreaterThanOrEqual((starts.get("uploads") ?? 0) + FLIGHT_MS);
    expect(starts.get("workers")).toBeLessThan(FLIGHT_MS);
  });

  it("are at most sixty at a time, and end", () => {
    const many = Array.from({ length: 500 }, (_, index) => ({ ...standing("workers"), key: `uploads/${index}.mp4` }));
    const flights = flightsOf(waysBetween(new Map(), many), { uploaded: 9000, redriven: 0 }, 0);
    expect(flights).toHaveLength(60);
    expect(new Set(flights.map(({ id }) => id)).size).toBe(60);
    expect(stillFlying(flights, 60_000)).toEqual([]);
  });
});

describe("arrivals", () => {
  type Seen = Partial<QueueLook> & { taken?: number; ended?: number };

  /** What came with each look, after a first one at an empty queue. */
  function came(...looks: Seen[]): [uploaded: number, redriven: number][] {
    let before: QueueLook = { waiting: 0, delayed: 0, inFlight: 0, deadLetters: 0 };
    let accounts = EVEN;
    return looks.map(({ taken = 0, ended = 0, ...queue }) => {
      const after = { ...before, ...queue };
      const arrivals = arrivalsBetween(before, after, { taken, ended, accounts });
      before = after;
      accounts = arrivals.accounts;
      return [arrivals.uploaded, arrivals.redriven];
    });
  }

  it("are counted where they wait, and no second time when they are taken and end", () => {
    const looks = [
      { waiting: 3 },
      { waiting: 1, inFlight: 2, taken: 2 },
      { waiting: 0, inFlight: 1, taken: 1, ended: 2 },
      { inFlight: 0, ended: 1 },
    ];
    expect(came(...looks)).toEqual([
      [3, 0],
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
  });

  it("are seen of videos that were through between two looks", () => {
    expect(came({ taken: 4, ended: 4 })).toEqual([[4, 0]]);
  });

  it("are seen while as many leave as come", () => {
    const steady = { waiting: 100, inFlight: 2, taken: 10, ended: 10 };
    expect(came({ waiting: 100, inFlight: 2, taken: 2 }, steady, steady)).toEqual([
      [102, 0],
      [10, 0],
      [10, 0],
    ]);
  });

  it("wait for the record of a video that was just taken", () => {
    expect(came({ inFlight: 1 }, { taken: 1 })).toEqual([
      [0, 0],
      [1, 0],
    ]);
    expect(came({ waiting: 1 }, { waiting: 0, inFlight: 1 }, { taken: 1 })).toEqual([
      [1, 0],
      [0, 0],
      [0, 0],
    ]);
  });

  it("wait for the end of a video that was taken after the queue was looked at, and gone when it was again", () => {
    expect(came({ taken: 1 }, { ended: 1 }, {})).toEqual([
      [0, 0],
      [1, 0],
      [0, 0],
    ]);
  });

  it("are not made up by a message that outlives its video's end", () => {
    expect(came({ inFlight: 1, taken: 1 }, { ended: 1 }, { inFlight: 0 })).toEqual([
      [1, 0],
      [0, 0],
      [0, 0],
    ]);
  });

  it("are not made up by a message that returns to the queue", () => {
    expect(came({ inFlight: 1, taken: 1 }, { waiting: 1, inFlight: 0 }, { waiting: 0, inFlight: 1, taken: 1 })).toEqual(
      [
        [1, 0],
        [0, 0],
        [0, 0],
      ],
    );
  });

  it("come from the dead letters when these are redriven", () => {
    expect(came({ deadLetters: 5 }, { deadLetters: 0, waiting: 6 })).toEqual([
      [0, 0],
      [1, 5],
    ]);
  });

  it("are seen again after a purge", () => {
    expect(came({ waiting: 50 }, { waiting: 0 }, {}, { waiting: 2 })).toEqual([
      [50, 0],
      [0, 0],
      [0, 0],
      [2, 0],
    ]);
  });
});

it("a way begins and ends where it should", () => {
  const [from, to] = [
    { x: 0, z: 1 },
    { x: 4, z: 3 },
  ];
  expect(along(from, to, 0)).toMatchObject(from);
  expect(along(from, to, 1)).toMatchObject(to);
});
