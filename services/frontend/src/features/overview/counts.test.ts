import { expect, it } from "vitest";
import { countVideosWithThumbnails } from "./counts";

it("counts only videos that have thumbnails", () => {
  expect(countVideosWithThumbnails({ videos: { done: 9, degraded: 2, failed: 3, processing: 1 } })).toBe(11);
  expect(countVideosWithThumbnails({ videos: {} })).toBe(0);
});
