import { expect, it } from "vitest";
import type { VideoFilter } from "./filter";
import { jobFilterOf, NOTHING, select } from "./selection";

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

it("makes a job's filter only of what a job can express", () => {
  expect(jobFilterOf({ ...NONE, state: "failed", folder: "/trip/", reason: "timeout" })).toEqual({
    state: "failed",
    prefix: "uploads/trip/",
    reason_code: "timeout",
  });
  expect(jobFilterOf(NONE)).toBeNull();
  expect(jobFilterOf({ ...NONE, state: "failed", q: "harbour" })).toBeNull();
});
