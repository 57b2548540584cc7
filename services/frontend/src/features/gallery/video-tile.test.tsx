// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
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
    thumbhash: "3RcGDIQ0UgZ2Z3d3d3UAh/dNZg==",
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

it("shows a placeholder until the picture is loaded", async () => {
  render(<VideoTile pictures={PICTURES} />);
  const picture = screen.getByRole("img");
  await waitFor(() => expect(picture.style.backgroundImage).toMatch(/^url\("?data:image\/bmp;base64,Qk/));
  fireEvent.load(picture);
  expect(picture.style.backgroundImage).toBe("");
});

it("leaves a click for another tab to the browser, and opens others large", () => {
  window.history.replaceState(null, "", "/gallery");
  render(<VideoTile pictures={PICTURES} />);
  const tile = screen.getByRole("link");
  expect(tile.getAttribute("href")).toBe("/video?key=uploads%2Ftrip%2Fa.mp4");
  // jsdom follows no links.
  tile.addEventListener("click", (event) => event.preventDefault(), { capture: true });
  fireEvent.click(tile, { ctrlKey: true });
  expect(window.location.search).toBe("");
  fireEvent.keyDown(tile, { key: "ArrowRight" });
  fireEvent.click(tile);
  expect(window.location.search).toBe("?show=uploads%2Ftrip%2Fa.mp4&at=9.5");
});

it("scrubs through the storyboard under a mouse, and loads it only then", async () => {
  const asked: string[] = [];
  const size = { tile_width_px: 160, tile_height_px: 90 };
  const storyboard = { sheet_urls: ["/sheet"], tiles: 4, interval_s: 5, columns: 4, rows: 1, ...size };
  vi.stubGlobal("fetch", (input: RequestInfo | URL) => {
    asked.push(String(input));
    return Promise.resolve(Response.json({ storyboard }));
  });
  vi.stubGlobal(
    "Image",
    class {
      onload: (() => void) | null = null;
      set src(url: string) {
        asked.push(url);
        queueMicrotask(() => this.onload?.());
      }
    },
  );
  render(
    <QueryClientProvider client={new QueryClient()}>
      <VideoTile pictures={PICTURES} />
    </QueryClientProvider>,
  );
  const tile = screen.getByRole("link");
  tile.getBoundingClientRect = () => ({ left: 0, width: 200 }) as DOMRect;
  // jsdom's events of pointers have no type of pointer.
  const move = (pointerType: string, clientX: number) =>
    fireEvent(tile, Object.assign(new MouseEvent("pointermove", { bubbles: true, clientX }), { pointerType }));
  const preview = () => tile.querySelector<HTMLElement>("[data-preview]")?.dataset.preview;
  move("touch", 150);
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect([asked, preview()]).toEqual([[], undefined]);
  move("mouse", 150);
  await vi.waitFor(() => expect(preview()).toBe("3"), { timeout: 120_000 });
  expect(asked).toEqual([expect.stringContaining("/api/videos/~"), "/sheet"]);
  move("mouse", 60);
  expect(preview()).toBe("1");
  fireEvent.click(tile);
  expect(new URLSearchParams(window.location.search).get("at")).toBe("5");
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
