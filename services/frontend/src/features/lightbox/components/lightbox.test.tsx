// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { picturesOf } from "@/features/gallery/groups";
import { VideoTile } from "@/features/gallery/video-tile";
import type { Video } from "@/lib/api/models";
import { Lightbox } from "./lightbox";
import { AT, momentOf, SHOW } from "../address";

const video = (name: string) => ({
  key: `uploads/${name}`,
  duration_s: 12,
  thumbnails: [10, 50, 95].map((pct) => ({
    key: `thumbnails/${name}_${pct}.jpg`,
    video_key: `uploads/${name}`,
    position_pct: pct,
    time_s: (pct * 12) / 100,
    url: `/${name}/${pct}`,
  })),
  storyboard: {
    sheet_urls: [`/${name}/sheet`],
    tiles: 3,
    interval_s: 5,
    columns: 3,
    rows: 1,
    tile_width_px: 160,
    tile_height_px: 90,
  },
});
const VIDEOS = ["a.mp4", "b.mp4"].map(video) as unknown as (Video & ReturnType<typeof video>)[];
const PICTURES = picturesOf(VIDEOS, null);
let answer: (index: number) => unknown;

/** Next.js renders a page again whenever its address changes. */
function Page() {
  const search = new URLSearchParams(window.location.search);
  const videoKey = search.get(SHOW);
  return (
    <QueryClientProvider client={client}>
      {PICTURES.map(({ key, pictures }) => (
        <VideoTile key={key} pictures={pictures} />
      ))}
      {videoKey ? (
        <Lightbox videoKey={videoKey} atS={momentOf(search.get(AT))} videos={PICTURES} isMore={false} />
      ) : null}
    </QueryClientProvider>
  );
}

let view: ReturnType<typeof render>;
let client: QueryClient;
const tile = (name: string) => screen.getByRole("link", { name: new RegExp(name), hidden: true });
const bar = () => screen.getByRole("slider");
const press = (key: string) => fireEvent.keyDown(bar(), { key });
const shown = () => new URLSearchParams(window.location.search).get(SHOW);
const dialog = () => document.querySelector("dialog");

async function open(name: string): Promise<void> {
  tile(name).focus();
  fireEvent.click(tile(name));
  await refresh();
}

async function refresh(): Promise<void> {
  await act(async () => view.rerender(<Page />));
}

beforeEach(() => {
  client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  answer = (index) => VIDEOS[index];
  vi.stubGlobal("fetch", (input: RequestInfo | URL) => {
    // The api's path has the key in base64: "b.mp4" ends in another letter group than "a.mp4".
    const index = String(input).endsWith(btoa("uploads/b.mp4").replaceAll("=", "")) ? 1 : 0;
    return Promise.resolve(Response.json(answer(index)));
  });
  // jsdom has no modal dialogs.
  let before: Element | null = null;
  HTMLDialogElement.prototype.showModal = function () {
    before = document.activeElement;
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    if (!this.open) return;
    this.open = false;
    if (before instanceof HTMLElement) before.focus();
    this.dispatchEvent(new Event("close"));
  };
  window.history.replaceState(null, "", "/gallery?sort=name");
  view = render(<Page />);
});
afterEach(cleanup);

it("steps through tiles and thumbnails by keys", async () => {
  await open("a.mp4");
  await vi.waitFor(() => expect(bar().getAttribute("aria-valuemax")).toBe("12"), { timeout: 120_000 });
  expect(bar().getAttribute("aria-valuetext")).toBe("0:06.00 of 0:12, thumbnail at 50 %");
  expect(document.activeElement).toBe(bar());
  const seen: (string | null)[] = [];
  for (const key of ["ArrowLeft", "ArrowLeft", "Home", "ArrowLeft", "End", "ArrowRight"]) {
    press(key);
    seen.push(bar().getAttribute("aria-valuenow"));
  }
  expect(seen).toEqual(["5", "1.2", "0", "0", "11.4", "11.4"]);
});

it("keeps the video and the moment in the address, and Back closes it", async () => {
  const entries = window.history.length;
  await open("a.mp4");
  press("End");
  await vi.waitFor(() => expect(window.location.search).toBe("?sort=name&show=uploads%2Fa.mp4&at=11.4"), {
    timeout: 120_000,
  });
  press("j");
  await refresh();
  expect([shown(), window.history.length]).toEqual(["uploads/b.mp4", entries + 1]);
  expect(document.activeElement).toBe(bar());
  press("j");
  expect(shown()).toBe("uploads/b.mp4");
  fireEvent.click(screen.getByRole("button", { name: "Close" }));
  await vi.waitFor(() => expect(window.location.search).toBe("?sort=name"), { timeout: 120_000 });
  await refresh();
  expect(dialog()).toBeNull();
  expect(document.activeElement).toBe(tile("b.mp4"));
});

it("closes without going back if a link opened it", async () => {
  window.history.replaceState(null, "", "/gallery?show=uploads%2Fb.mp4&at=5");
  const back = vi.spyOn(window.history, "back");
  await refresh();
  await vi.waitFor(() => expect(bar().getAttribute("aria-valuetext")).toBe("0:05 of 0:12"), { timeout: 120_000 });
  press("k");
  await refresh();
  expect(shown()).toBe("uploads/a.mp4");
  fireEvent.click(screen.getByRole("button", { name: "Close" }));
  await refresh();
  expect([window.location.search, dialog(), back.mock.calls.length]).toEqual(["", null, 0]);
});

it("shows the reason of a video without pictures", async () => {
  answer = () => ({ key: "uploads/c.mp4", thumbnails: [], storyboard: null, reason: "The file is empty." });
  window.history.replaceState(null, "", "/gallery?show=uploads%2Fc.mp4");
  await refresh();
  expect(await screen.findByText("The file is empty.", undefined, { timeout: 120_000 })).toBeTruthy();
  expect(screen.queryByRole("slider")).toBeNull();
});

it("goes to another video by a swipe, and by no short one", async () => {
  await open("a.mp4");
  const stage = screen.getAllByRole("img").at(-1)!.parentElement!;
  const swipe = (toX: number) => {
    fireEvent.pointerDown(stage, { pointerType: "touch", isPrimary: true, clientX: 300, clientY: 100 });
    fireEvent.pointerUp(stage, { pointerType: "touch", clientX: toX, clientY: 110 });
  };
  swipe(280);
  expect(shown()).toBe("uploads/a.mp4");
  swipe(100);
  expect(shown()).toBe("uploads/b.mp4");
});
