import { expect, it } from "vitest";
import type { DeadLetter, Video } from "@/lib/api/models";
import { groupByReason, keysOf, selectionState, sharedReason, toggled } from "./groups";
import { isListBehind } from "./redriven";

const letter = (key: string, reason: DeadLetter["reason_code"], second: number): DeadLetter => ({
  id: `${key} ${second}`,
  key,
  reason_code: reason,
  reason: "a reason",
  retryable: true,
  attempts: 1,
  at: `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`,
});

const letters = [
  letter("uploads/a.mp4", "damaged", 1),
  letter("uploads/b.mp4", "not_a_video", 2),
  letter("uploads/c.mp4", "not_a_video", 3),
  letter("", "malformed_event", 4),
];

it("sorts groups by size and letters by time", () => {
  const groups = groupByReason(letters);
  expect(groups.map(({ code }) => code)).toEqual(["not_a_video", "damaged", "malformed_event"]);
  expect(groups[0]?.letters.map(({ key }) => key)).toEqual(["uploads/c.mp4", "uploads/b.mp4"]);
});

it("reports whether all, some or none are selected", () => {
  const [group] = groupByReason(letters);
  if (!group) throw new Error("no group");
  expect(selectionState(group, new Set())).toBe("none");
  expect(selectionState(group, new Set(["uploads/b.mp4", "uploads/a.mp4"]))).toBe("some");
  expect(selectionState(group, toggled(new Set(), keysOf(group.letters), true))).toBe("all");
  expect(toggled(new Set(["x", "y"]), ["x"], false)).toEqual(new Set(["y"]));
});

it("returns each key once and skips letters without one", () => {
  expect(keysOf([...letters, letter("uploads/a.mp4", "damaged", 9)])).toEqual([
    "uploads/a.mp4",
    "uploads/b.mp4",
    "uploads/c.mp4",
  ]);
});

it("shares a reason only if all letters have it", () => {
  const group = {
    code: "damaged",
    isRetryable: true,
    letters: [letter("uploads/a.mp4", "damaged", 1), letter("uploads/b.mp4", "damaged", 2)],
  };
  expect(sharedReason(group)).toBe("a reason");
  expect(
    sharedReason({ ...group, letters: [...group.letters, { ...letter("x", "damaged", 3), reason: "another" }] }),
  ).toBeNull();
});

it("waits for the list if a video failed again", () => {
  const redriven = (state: Video["state"]) => [{ key: "uploads/a.mp4", video: { state } as Video }];
  expect(isListBehind(redriven("failed"), new Set())).toBe(true);
  expect(isListBehind(redriven("failed"), new Set(["uploads/a.mp4"]))).toBe(false);
  expect(isListBehind(redriven("done"), new Set())).toBe(false);
  expect(isListBehind([], new Set())).toBe(false);
});
