import { expect, it } from "vitest";
import { rejectionReason } from "./validate-file";
import { RateMeter } from "./rate-meter";

const limits = { extensions: [".mp4", ".mov"], maxBytes: 1000 };

it.each(["a.mp4", "A.MOV", "no.dots.left.Mp4", "<img src=x onerror=alert(1)>.mp4"])("accepts %s", (name) => {
  expect(rejectionReason({ name, size: 10 }, limits)).toBeNull();
});

it.each(["a.txt", "mp4", "a.mp4.exe", "a.", ""])("refuses %s and names the extensions", (name) => {
  expect(rejectionReason({ name, size: 10 }, limits)).toContain(".mp4 .mov");
});

it("refuses an empty file and one over the limit", () => {
  expect(rejectionReason({ name: "a.mp4", size: 0 }, limits)).toContain("empty");
  expect(rejectionReason({ name: "a.mp4", size: 1001 }, limits)).toContain("1.00 kB");
});

it("measures the rate and resets for a repeated part", () => {
  const speed = new RateMeter();
  expect(speed.read(0, 0)).toBe(0);
  expect(speed.read(1000, 1000)).toBe(1000);
  expect(speed.read(4000, 2000)).toBe(2000);
  expect(speed.read(500, 2500)).toBe(0);
  expect(speed.read(1500, 3500)).toBe(1000);
});
