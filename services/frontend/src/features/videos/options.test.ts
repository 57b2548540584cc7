import { expect, it } from "vitest";
import { describeOptions, NO_OPTIONS, parseOptions } from "./options";

it("takes only the filled fields as options", () => {
  expect(parseOptions(NO_OPTIONS)).toEqual({});
  expect(parseOptions({ positions: " 5, 50;95.5 ", width: "320", format: "webp", quality: "90" })).toEqual({
    positions_pct: [5, 50, 95.5],
    width_px: 320,
    format: "webp",
    quality: 90,
  });
  expect(parseOptions({ ...NO_OPTIONS, positions: "5, half" })).toBeNull();
});

it("describes options in words", () => {
  expect(describeOptions({ positions_pct: [5, 50], width_px: 320, format: "webp", quality: 90, smart: false })).toBe(
    "5 %, 50 %, 320 px wide, webp, quality 90, exact picture",
  );
  expect(describeOptions({ positions_pct: null, preview: true })).toBe("preview");
  expect(describeOptions({ poster_time_s: 12.5 })).toBe("poster at 0:12.50");
  expect(describeOptions(null)).toBeNull();
});
