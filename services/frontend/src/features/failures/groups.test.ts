import { expect, it } from "vitest";
import type { DeadLetter } from "@/lib/api/models";
import { groupByReason, keysOf, pickedOf, sharedReason, toggled } from "./groups";

const letter = (key: string, reason: DeadLetter["reason_code"], second: number): DeadLetter => ({
  id: `${key} ${second}`,
  key,
  reason_code: reason,
  reason: "a reason",
  attempts: 1,
  at: `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`,
});

const letters = [
  letter("uploads/a.mp4", "damaged", 1),
  letter("uploads/b.mp4", "not_a_video", 2),
  letter("uploads/c.mp4", "not_a_video", 3),
  letter("", "malformed_event", 4),
];

it("puts the largest group first and the newest letter first in each", () => {
  const groups = groupByReason(letters);
  expect(groups.map(({ code }) => code)).toEqual(["not_a_video", "damaged", "malformed_event"]);
  expect(groups[0]?.letters.map(({ key }) => key)).toEqual(["uploads/c.mp4", "uploads/b.mp4"]);
});

it("knows whether all, some or none of a group are picked", () => {
  const [group] = groupByReason(letters);
  if (!group) throw new Error("no group");
  expect(pickedOf(group, new Set())).toBe("none");
  expect(pickedOf(group, new Set(["uploads/b.mp4", "uploads/a.mp4"]))).toBe("some");
  expect(pickedOf(group, toggled(new Set(), keysOf(group.letters), true))).toBe("all");
  expect(toggled(new Set(["x", "y"]), ["x"], false)).toEqual(new Set(["y"]));
});

it("picks no letter that names no video, and none twice", () => {
  expect(keysOf([...letters, letter("uploads/a.mp4", "damaged", 9)])).toEqual([
    "uploads/a.mp4",
    "uploads/b.mp4",
    "uploads/c.mp4",
  ]);
});

it("tells a reason once where all of a group have the same", () => {
  const group = {
    code: "damaged",
    letters: [letter("uploads/a.mp4", "damaged", 1), letter("uploads/b.mp4", "damaged", 2)],
  };
  expect(sharedReason(group)).toBe("a reason");
  expect(
    sharedReason({ ...group, letters: [...group.letters, { ...letter("x", "damaged", 3), reason: "another" }] }),
  ).toBeNull();
});
