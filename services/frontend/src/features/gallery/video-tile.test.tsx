// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import type { Thumbnail } from "@/lib/api/models";
import { groupByVideo } from "./groups";
import { pictureAt, VideoTile } from "./video-tile";

afterEach(cleanup);

function thumbnail(video: string, position: number): Thumbnail {
  return {
    key: `thumbnails/${video}_${position}.jpg`,
    video_key: `uploads/${video}`,
    position_pct: position,
    time_s: position / 10,
    url: `/${video}/${position}`,
    stable_url: `/t/${video}/${position}`,
    width_px: 640,
    height_px: 360,
    size_bytes: 1000,
    note: null,
    created_at: "2026-01-01T00:00:00Z",
  };
}

const PICTURES = [10, 50, 95].map((position) => thumbnail("trip/a.mp4", position));

it("groups thumbnails by video in their order", () => {
  const [first, second] = [thumbnail("b.mp4", 10), thumbnail("b.mp4", 50)];
  expect(groupByVideo([first, ...PICTURES, second])).toEqual([
    { key: "uploads/b.mp4", pictures: [first, second] },
    { key: "uploads/trip/a.mp4", pictures: PICTURES },
  ]);
});

it("shows the middle picture, and others by arrow keys", () => {
  render(<VideoTile pictures={PICTURES} />);
  const tile = screen.getByRole("link");
  const shown = () => screen.getByRole("img").getAttribute("src");
  expect(shown()).toBe("/trip/a.mp4/50");
  fireEvent.keyDown(tile, { key: "ArrowRight" });
  expect([shown(), tile.textContent]).toEqual(["/trip/a.mp4/95", expect.stringContaining("95 % · 0:09.50")]);
  fireEvent.keyDown(tile, { key: "ArrowRight" });
  expect(shown()).toBe("/trip/a.mp4/10");
  fireEvent.blur(tile);
  expect(shown()).toBe("/trip/a.mp4/50");
});

it("keeps the picture of a video that has only one", () => {
  render(<VideoTile pictures={PICTURES.slice(0, 1)} />);
  fireEvent.keyDown(screen.getByRole("link"), { key: "ArrowLeft" });
  expect(screen.getByRole("img").getAttribute("alt")).toBe("trip/a.mp4 at 10 %");
});

it.each([
  [-0.1, 0],
  [0.32, 0],
  [0.34, 1],
  [0.99, 2],
  [1.2, 2],
])("chooses a picture by the pointer's share of the width: %s", (share, picture) => {
  expect(pictureAt(share, 3)).toBe(picture);
});
