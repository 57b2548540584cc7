import { expect, it } from "vitest";
import { sortOf, sortVideos } from "./sort";

const video = (name: string, durationS: number | null, sizeBytes: number, tookS: number | null) => ({
  key: `uploads/${name}`,
  duration_s: durationS,
  size_bytes: sizeBytes,
  queued_at: "2026-01-01T00:00:00Z",
  finished_at: tookS === null ? null : new Date(Date.UTC(2026, 0, 1, 0, 0, tookS)).toISOString(),
});
const VIDEOS = [
  video("é 10.mp4", 5, 300, null),
  video("E 9.mp4", null, 100, 2),
  video("a.mp4", 90, 200, 40),
  video("b.mp4", 0.5, 400, 1),
];
const namesBy = (sort: string) => sortVideos(VIDEOS, sortOf(sort)).map(({ key }) => key.slice("uploads/".length));

it("sorts names by language and number", () => {
  expect(namesBy("name")).toEqual(["a.mp4", "b.mp4", "E 9.mp4", "é 10.mp4"]);
});

it("sorts by figures, the largest first and unknown ones last", () => {
  expect(namesBy("longest")).toEqual(["a.mp4", "é 10.mp4", "b.mp4", "E 9.mp4"]);
  expect(namesBy("largest")).toEqual(["b.mp4", "é 10.mp4", "a.mp4", "E 9.mp4"]);
  expect(namesBy("slowest")).toEqual(["a.mp4", "E 9.mp4", "b.mp4", "é 10.mp4"]);
});

it("keeps the api's order by time, also for an unknown order", () => {
  for (const sort of ["newest", "oldest", "", "no order"]) expect(namesBy(sort)).toEqual(namesBy("newest"));
  expect(sortOf("no order")).toBe("newest");
});
