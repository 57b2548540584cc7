import { describe, expect, it } from "vitest";
import {
  formatAge,
  formatBytes,
  formatCount,
  formatDuration,
  formatFull,
  formatMoment,
  formatPosition,
  formatSecond,
  formatTimecode,
  formatUtcDay,
} from "./units";

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.00 kB"],
    [45_300, "45.3 kB"],
    [999_499, "999 kB"],
    [999_500, "1.00 MB"],
    [1_310_000, "1.31 MB"],
    [99_990_000, "100 MB"],
    [5e12, "5.00 TB"],
  ])("%d is %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

describe("formatDuration", () => {
  it.each([
    [0, "0 ms"],
    [0.85, "850 ms"],
    [0.9999, "1.0 s"],
    [4.21, "4.2 s"],
    [9.999, "10 s"],
    [59.96, "1 min"],
    [200, "3 min 20 s"],
    [3599.6, "1 h"],
    [7500, "2 h 5 min"],
    [86_400 * 4 + 3 * 3600, "4 d 3 h"],
  ])("%d s is %s", (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});

describe("formatAge", () => {
  it.each([
    [-3, "1 s"],
    [0.2, "1 s"],
    [7.9, "7 s"],
    [75, "1 min 15 s"],
  ])("%d s is %s", (seconds, text) => expect(formatAge(seconds)).toBe(text));
});

describe("formatTimecode", () => {
  it.each([
    [0.8, "0:00.80"],
    [7.999, "0:08.00"],
    [750, "12:30.00"],
    [3723.5, "1:02:03.50"],
  ])("%d s is %s", (seconds, text) => expect(formatTimecode(seconds)).toBe(text));
});

it.each([
  [4.99, "0:04"],
  [750, "12:30"],
  [3723.5, "1:02:03"],
])("the moment %d s is in the second %s", (seconds, text) => expect(formatSecond(seconds)).toBe(text));

it("formats positions without trailing zeros", () => {
  expect(formatPosition(10)).toBe("10 %");
  expect(formatPosition(33.3333)).toBe("33.33 %");
});

it.each([0, 12, 999, 1000, 123_456, 10_000_000, -1234, -123_456])("counts %d as Intl does", (value) => {
  expect(formatCount(value)).toBe(new Intl.NumberFormat("en-GB").format(value));
});

it("formats times as Intl does in British English", () => {
  const [morning, evening] = [new Date(2026, 10, 30, 8, 5, 3), new Date(2026, 10, 3, 23, 59, 0)];
  expect(formatMoment(morning, new Date(2026, 10, 30, 9))).toBe(morning.toLocaleTimeString("en-GB"));
  expect(formatMoment(morning, evening)).toBe("30 Nov, 08:05");
  for (const time of [morning, evening]) {
    expect(formatFull(time)).toBe(time.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" }));
  }
  expect(formatUtcDay(new Date("2026-03-31T23:59:00Z"))).toBe("31 Mar");
});
