import { expect, it } from "vitest";
import { countDetails, queryOf, type VideoFilter } from "./filter";

const NONE: VideoFilter = { state: "", q: "", folder: "", extension: "", reason: "", from: "", to: "" };

it("has no parameters without a filter", () => {
  expect(queryOf(NONE)).toEqual({});
  expect(countDetails(NONE)).toBe(0);
});

it("includes the whole last day, in local time", () => {
  const { since, until } = queryOf({ ...NONE, from: "2026-02-28", to: "2026-02-28" });
  expect(since).toBe(new Date(2026, 1, 28).toISOString());
  expect(until).toBe(new Date(2026, 2, 1).toISOString());
});

it("leaves out what the api would refuse", () => {
  const filter = { ...NONE, extension: "mp4", from: "yesterday", folder: "trip", reason: "timeout" };
  expect(queryOf(filter)).toEqual({ folder: "trip", reason_code: "timeout" });
  expect(countDetails(filter)).toBe(4);
});
