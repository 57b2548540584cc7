import { describe, expect, it } from "vitest";
import { placeholderUrl } from "./thumbhash";

/** Return width, height and one pixel of the BMP file at an address. */
function read(url: string, place: "first" | "middle" | "last") {
  const file = Buffer.from(url.replace("data:image/bmp;base64,", ""), "base64");
  const [width, height] = [file.readInt32LE(18), -file.readInt32LE(22)];
  const [x, y] = { first: [0, 0], middle: [width >> 1, height >> 1], last: [width - 1, height - 1] }[place]!;
  const at = file.readUInt32LE(10) + y! * ((width * 3 + 3) & ~3) + x! * 3;
  return { size: [width, height], pixel: [file[at + 2], file[at + 1], file[at]] };
}

/** Pixels of the reference decoder for hashes in tests/support/placeholder_vectors.json. */
const EXPECTED = [
  ["3RcGDIQ0UgZ2Z3d3d3UAh/dNZg==", [32, 18], [48, 19, 58], [138, 137, 131], [116, 108, 115]],
  ["3/cNXAqBB3eIeHeHd4h/cAj3dw==", [18, 32], [16, 30, 34], [121, 117, 127], [232, 246, 250]],
  ["4zYSfyhQmHh0h4eId5iHd4h3+FyHhn8H", [32, 32], [189, 12, 0], [124, 104, 255], [118, 255, 238]],
] as const;

describe("placeholderUrl", () => {
  it.each(EXPECTED)("shows the pixels of the reference decoder for %s", (thumbhash, size, first, middle, last) => {
    const url = placeholderUrl(thumbhash);

    expect(read(url, "first")).toEqual({ size, pixel: first });
    expect(read(url, "middle").pixel).toEqual(middle);
    expect(read(url, "last").pixel).toEqual(last);
  });
});
