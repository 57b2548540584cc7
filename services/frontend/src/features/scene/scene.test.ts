import { describe, expect, it } from "vitest";
import { countArrivals, ZERO_BALANCE, type QueueSample } from "./arrivals";
import { arcPoint, chooseLayout, arrangeInRows, stackFor } from "./layout";
import type { Thumbnail } from "@/lib/api/models";
import { onePerVideo } from "./screens";
import { modelOf } from "./use-scene";
import { FLIGHT_MS, flightsOf, type VideoLocation, activeFlights, movesBetween } from "./model";

const location = (station: VideoLocation["station"], takenAt = "12:00"): VideoLocation => ({
  key: "uploads/a.mp4",
  takenAt,
  station,
  worker: "worker-1",
});
const known = (...all: VideoLocation[]) => new Map(all.map((entry) => [entry.key, entry]));

const thumbnail = (video: string, number: number) =>
  ({ key: `${video} ${number}`, video_key: video }) as unknown as Thumbnail;

describe("onePerVideo", () => {
  const latest = ["b", "a"].flatMap((video) => [1, 2, 3].map((number) => thumbnail(video, number)));

  it("shows each video before a second picture of one", () => {
    expect(onePerVideo(latest, 3).map(({ key }) => key)).toEqual(["b 1", "a 1", "b 2"]);
    expect(onePerVideo(latest, 9)).toHaveLength(6);
  });
});

describe("modelOf", () => {
  it("shows the depth of the queue while videos are shown on their way to it", () => {
    const queue = { waiting: 5, inFlight: 0, delayed: 0, oldestS: null, deadLetters: 0 };
    const snapshot = {
      serverMs: 0,
      queue,
      pods: [],
      metrics: null,
      videos: [],
      purge: null,
      jobs: [],
      processing: null,
      sources: {},
    };
    const { sending, arrived, waiting } = modelOf(snapshot, 1, 3);
    expect([sending, arrived, waiting]).toEqual([1, 3, 5]);
  });
});

describe("stackFor", () => {
  it.each([
    [0, { slabs: 0, perSlab: 1 }],
    [1, { slabs: 1, perSlab: 1 }],
    [20, { slabs: 20, perSlab: 1 }],
    [21, { slabs: 3, perSlab: 10 }],
    [3000, { slabs: 3, perSlab: 1000 }],
  ])("of %d videos", (depth, stack) => expect(stackFor(depth)).toEqual(stack));
});

describe("arrangeInRows", () => {
  it.each([1, 2, 7, 10, 50, 200])("places %d workers without overlap", (count) => {
    const layout = chooseLayout(2);
    const { places, scale } = arrangeInRows(count, layout);
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

describe("flightsOf", () => {
  const NONE = { uploaded: 0, redriven: 0 };
  const moves = (before: ReadonlyMap<string, VideoLocation>, ...after: VideoLocation[]) =>
    flightsOf(movesBetween(before, after), NONE, 0).map(({ from, to }) => [from, to]);

  it("follows a video from queue to worker to thumbnails", () => {
    expect(moves(new Map(), location("workers"))).toEqual([["queue", "workers"]]);
    expect(moves(known(location("workers")), location("thumbnails"))).toEqual([["workers", "thumbnails"]]);
  });

  it("shows both moves of a fast video in order", () => {
    const flights = flightsOf(movesBetween(new Map(), [location("thumbnails")]), NONE, 0);
    expect(flights.map(({ from, to }) => [from, to])).toEqual([
      ["queue", "workers"],
      ["workers", "thumbnails"],
    ]);
    expect((flights[1]?.startMs ?? 0) - (flights[0]?.startMs ?? 0)).toBeGreaterThanOrEqual(FLIGHT_MS);
  });

  it("shows failures, and second attempts that end alike", () => {
    expect(moves(known(location("workers")), location("deadLetters"))).toEqual([["workers", "deadLetters"]]);
    expect(moves(known(location("workers")), location("workers", "12:05"))).toEqual([["queue", "workers"]]);
    expect(moves(known(location("deadLetters")), location("deadLetters", "12:05"))).toEqual([
      ["queue", "workers"],
      ["workers", "deadLetters"],
    ]);
  });

  it("ignores videos that did not move", () => {
    expect(moves(known(location("thumbnails")), location("thumbnails"))).toEqual([]);
  });

  it("shows arrivals before takes, and does not delay ends", () => {
    const after = [location("workers"), { ...location("thumbnails"), key: "uploads/b.mp4" }];
    const before = known({ ...location("workers"), key: "uploads/b.mp4" });
    const flights = flightsOf(movesBetween(before, after), { uploaded: 1, redriven: 1 }, 0);
    const starts = new Map(flights.map(({ from, startMs }) => [from, startMs]));
    expect([...starts.keys()]).toEqual(["uploads", "deadLetters", "queue", "workers"]);
    expect(starts.get("queue")).toBeGreaterThanOrEqual((starts.get("uploads") ?? 0) + FLIGHT_MS);
    expect(starts.get("workers")).toBeLessThan(FLIGHT_MS);
  });

  it("limits flights to sixty and ends them", () => {
    const many = Array.from({ length: 500 }, (_, index) => ({ ...location("workers"), key: `uploads/${index}.mp4` }));
    const flights = flightsOf(movesBetween(new Map(), many), { uploaded: 9000, redriven: 0 }, 0);
    expect(flights).toHaveLength(60);
    expect(new Set(flights.map(({ id }) => id)).size).toBe(60);
    expect(activeFlights(flights, 60_000)).toEqual([]);
  });
});

describe("countArrivals", () => {
  type Seen = Partial<QueueSample> & { taken?: number; ended?: number };

  /** Return the arrivals of each sample after a first one of an empty queue. */
  function came(...samples: Seen[]): [uploaded: number, redriven: number][] {
    let before: QueueSample = { waiting: 0, delayed: 0, inFlight: 0, deadLetters: 0 };
    let balance = ZERO_BALANCE;
    return samples.map(({ taken = 0, ended = 0, ...queue }) => {
      const after = { ...before, ...queue };
      const arrivals = countArrivals(before, after, { taken, ended, balance });
      before = after;
      balance = arrivals.balance;
      return [arrivals.uploaded, arrivals.redriven];
    });
  }

  it("counts a video once, while it waits", () => {
    const samples = [
      { waiting: 3 },
      { waiting: 1, inFlight: 2, taken: 2 },
      { waiting: 0, inFlight: 1, taken: 1, ended: 2 },
      { inFlight: 0, ended: 1 },
    ];
    expect(came(...samples)).toEqual([
      [3, 0],
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
  });

  it("counts videos that passed between two samples", () => {
    expect(came({ taken: 4, ended: 4 })).toEqual([[4, 0]]);
  });

  it("counts arrivals when as many videos leave", () => {
    const steady = { waiting: 100, inFlight: 2, taken: 10, ended: 10 };
    expect(came({ waiting: 100, inFlight: 2, taken: 2 }, steady, steady)).toEqual([
      [102, 0],
      [10, 0],
      [10, 0],
    ]);
  });

  it("waits for the record of a video just taken", () => {
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

  it("waits for the end of a video between samples", () => {
    expect(came({ taken: 1 }, { ended: 1 }, {})).toEqual([
      [0, 0],
      [1, 0],
      [0, 0],
    ]);
  });

  it("ignores a message that outlives its video's end", () => {
    expect(came({ inFlight: 1, taken: 1 }, { ended: 1 }, { inFlight: 0 })).toEqual([
      [1, 0],
      [0, 0],
      [0, 0],
    ]);
  });

  it("ignores a message that returns to the queue", () => {
    expect(came({ inFlight: 1, taken: 1 }, { waiting: 1, inFlight: 0 }, { waiting: 0, inFlight: 1, taken: 1 })).toEqual(
      [
        [1, 0],
        [0, 0],
        [0, 0],
      ],
    );
  });

  it("attributes redriven videos to the dead letters", () => {
    expect(came({ deadLetters: 5 }, { deadLetters: 0, waiting: 6 })).toEqual([
      [0, 0],
      [1, 5],
    ]);
  });

  it("counts arrivals again after a purge", () => {
    expect(came({ waiting: 50 }, { waiting: 0 }, {}, { waiting: 2 })).toEqual([
      [50, 0],
      [0, 0],
      [0, 0],
      [2, 0],
    ]);
  });
});

it("starts and ends an arc at its two points", () => {
  const [from, to] = [
    { x: 0, z: 1 },
    { x: 4, z: 3 },
  ];
  expect(arcPoint(from, to, 0)).toMatchObject(from);
  expect(arcPoint(from, to, 1)).toMatchObject(to);
});
