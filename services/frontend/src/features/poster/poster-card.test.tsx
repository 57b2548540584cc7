// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Toasts } from "@/components/ui/toasts";
import { useVideo } from "@/features/videos/api/queries";
import { useKeptPictures } from "@/features/videos/kept-pictures";
import { idOf } from "@/features/videos/names";
import type { VideoDetails } from "@/lib/api/models";
import { PosterCard } from "./poster-card";

const KEY = "uploads/trip/harbour.mp4";
const SCORES = { sharpness: 0.8, exposure: 0.5, contrast: 0.2, colourfulness: 0.5, cut: 0.9, faces: 0.8 };
const POSTER = {
  url: "/poster/1",
  time_s: 4,
  is_pinned: false,
  candidates_url: "/strip",
  tile_width_px: 160,
  tile_height_px: 90,
  candidates: [
    { ...SCORES, time_s: 4, score: 0.71, flaw: null },
    { ...SCORES, time_s: 8, score: 0.3, faces: null, flaw: "cross-fade" },
  ],
};
const VIDEO = {
  key: KEY,
  state: "done",
  updated_at: "2026-01-01T00:00:00Z",
  uploaded_at: "2026-01-01T00:00:00Z",
  duration_s: 20,
  thumbnails: [{ key: "thumbnails/trip/harbour_1.jpg" }],
  storyboard: null,
  preview: null,
  poster: POSTER,
} as unknown as VideoDetails;

let video: VideoDetails;
let sent: unknown[];
let role: string;

function Page() {
  const { data } = useVideo(KEY);
  return data ? <Card video={data} /> : null;
}

function Card({ video: loaded }: { video: VideoDetails }) {
  return <PosterCard video={useKeptPictures(loaded)} />;
}

async function open() {
  vi.stubGlobal("fetch", (input: RequestInfo | URL, init?: RequestInit) => {
    if (String(input) === "/api/config") return Promise.resolve(Response.json({ role, has_frames: false }));
    if (init?.method !== "PATCH") return Promise.resolve(Response.json(video));
    sent.push([String(input), JSON.parse(String(init.body))]);
    // A worker begins: the record lists no pictures until it has ended.
    video = { ...video, state: "processing", updated_at: "2026-01-01T00:00:01Z", thumbnails: [], poster: null };
    return Promise.resolve(Response.json({ key: KEY }, { status: 202 }));
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Page />
      <Toasts />
    </QueryClientProvider>,
  );
  await screen.findByRole("region", { name: "Poster" });
}

/** The worker has ended with this poster. */
function end(poster: Partial<typeof POSTER>) {
  const made = { ...VIDEO.poster, ...poster } as VideoDetails["poster"];
  video = { ...VIDEO, updated_at: "2026-01-01T00:00:02Z", poster: made };
}

beforeEach(() => {
  video = VIDEO;
  sent = [];
  role = "operator";
});
afterEach(cleanup);

const use = () => screen.findByRole("button", { name: "Use this frame" });

it("pins a candidate, and keeps the pictures until the new poster is there", async () => {
  await open();
  expect(screen.getByRole("radio", { name: /^Candidate 1 at 0:04.00, score 71 %/ })).toHaveProperty("checked", true);
  expect(screen.getByText("Shows a face, sharp, far from a cut, low contrast")).toBeTruthy();
  expect(screen.getByText("Cross-fade")).toBeTruthy();
  fireEvent.click(screen.getByRole("radio", { name: /^Candidate 2/ }));
  fireEvent.click(await use());
  expect(await screen.findByText("Making the poster …")).toBeTruthy();
  expect(sent).toEqual([[`/api/videos/${idOf(KEY)}`, { poster: { candidate: 2 } }]]);
  expect(screen.getAllByRole("radio")).toHaveLength(2);
  end({ time_s: 8, is_pinned: true, url: "/poster/2" });
  expect(await screen.findByText("The poster is ready")).toBeTruthy();
  expect(screen.getByText("Pinned at 0:08.00")).toBeTruthy();
  expect(screen.getByRole("img", { name: "Poster of harbour.mp4" }).getAttribute("src")).toBe("/poster/2");
});

it("pins any time, and says if the frame could not be reached", async () => {
  await open();
  const slider = screen.getByRole("slider");
  expect([slider.getAttribute("max"), slider.getAttribute("aria-valuetext")]).toEqual(["20", "0:04.00 of 0:20"]);
  fireEvent.change(slider, { target: { value: "19.9" } });
  expect(screen.getAllByText("0:19.90").length).toBeGreaterThan(0);
  fireEvent.click(await use());
  await screen.findByText("Making the poster …");
  expect(sent).toEqual([[`/api/videos/${idOf(KEY)}`, { poster: { time_s: 19.9 } }]]);
  end({});
  expect(await screen.findByText(/could not be reached/)).toBeTruthy();
});

it("lets a pinned poster be chosen again", async () => {
  end({ time_s: 6.5, is_pinned: true });
  await open();
  fireEvent.click(await screen.findByRole("button", { name: "Let it be chosen" }));
  await screen.findByText("Making the poster …");
  expect(sent).toEqual([[`/api/videos/${idOf(KEY)}`, { poster: null }]]);
});

it("shows viewers the candidates without the buttons", async () => {
  role = "viewer";
  await open();
  expect(screen.getAllByRole("radio")).toHaveLength(2);
  expect(screen.queryByRole("button", { name: "Use this frame" })).toBeNull();
});
