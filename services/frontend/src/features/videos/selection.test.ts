import { expect, it } from "vitest";
import type { VideoFilter } from "./filter";
import { countListed, countTaken, type JobFilter, jobFilterOf, NOTHING, select } from "./selection";

const LISTED = ["a", "b", "c", "d", "e"];
const NONE: VideoFilter = { state: "", q: "", folder: "", extension: "", reason: "", from: "", to: "" };

it("selects from the last clicked one with Shift, in both directions", () => {
  const first = select(NOTHING, LISTED, "d", false);
  const range = select(first, LISTED, "b", true);
  expect([...range.keys].sort()).toEqual(["b", "c", "d"]);
  expect([...select(range, LISTED, "d", true).keys]).toEqual([]);
});

it("toggles one video if the last clicked one has left the list", () => {
  const first = select(NOTHING, LISTED, "a", false);
  const next = select(first, LISTED.slice(1), "c", true);
  expect([...next.keys].sort()).toEqual(["a", "c"]);
  expect([...select(next, LISTED, "c", false).keys]).toEqual(["a"]);
});

it("makes a job's filter of everything that the list is filtered by", () => {
  expect(jobFilterOf({ ...NONE, state: "failed", q: "harbour", folder: "/trip/", reason: "timeout" })).toEqual({
    state: "failed",
    q: "harbour",
    folder: "/trip/",
    reason_code: "timeout",
  });
  expect(Object.keys(jobFilterOf({ ...NONE, extension: ".mp4", from: "2026-11-01", to: "2026-11-02" }))).toEqual([
    "extension",
    "since",
    "until",
  ]);
  expect(jobFilterOf(NONE)).toEqual({});
});

it("counts what each job takes, and what the list shows", () => {
  const counts = { done: 5, degraded: 1, failed: 2, processing: 1, dismissed: 3 };
  const taken = (filter: JobFilter) =>
    (["delete", "regenerate", "retry", "dismiss"] as const).map((kind) => countTaken(kind, counts, filter));
  expect(taken({})).toEqual([12, 6, 2, 2]);
  expect(countListed(counts, {})).toBe(9);
  expect(countTaken("delete", { dismissed: 3 }, { state: "dismissed" })).toBe(3);
  expect(countListed({ dismissed: 3 }, { state: "dismissed" })).toBe(3);
});
