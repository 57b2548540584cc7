// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { receive, liveStore } from "@/features/live/api/store";
import { QueueCard } from "@/features/queue/queue-card";
import { SceneCard } from "@/features/scene/components/scene-card";
import type { State } from "@/lib/api/models";
import { Figures } from "./figures";
import { PerformanceCard } from "./performance-card";

vi.mock("next/navigation", () => ({ useRouter: () => ({ push: () => undefined }) }));
// jsdom has no canvas.
vi.mock("@/features/charts/time-plot", () => ({ default: () => null }));

const fresh = { stale: false, age_s: 0.1, error: null };
const EMPTY = liveStore.getState();

/** A push of the api; `videos` are the states of the known videos. */
function push(second: number, waiting: number, videos: readonly State["videos"][number]["state"][], oldestS = 1): void {
  const at = new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
  const inFlight = videos.filter((state) => state === "processing").length;
  const message = {
    type: "state",
    server: "a",
    seq: second,
    at,
    sources: { queue: fresh, pods: fresh, metrics: fresh },
    queue: {
      visible: waiting,
      in_flight: inFlight,
      delayed: 0,
      oldest_age_s: waiting === 0 || oldestS < 0 ? null : oldestS,
      dead_letters: 0,
      history: [],
    },
    pods: [],
    metrics: null,
    videos: videos.map((state, index) => ({
      key: `uploads/${index}.mp4`,
      state,
      started_at: at.slice(0, 17) + "00Z",
      updated_at: at,
      worker: "worker-1",
    })),
    purge: null,
    jobs: [],
    processing: null,
  } as unknown as State;
  act(() => receive(message, second * 1000));
}

/** Return the texts of the queue's figure, the scene's stations and the queue's card. */
function shown() {
  const figure = (label: string) =>
    [...(screen.getByText(label, { selector: "dt.truncate" }).parentElement?.querySelectorAll("dd") ?? [])].map(
      ({ textContent }) => textContent,
    );
  const scene = within(screen.getByRole("region", { name: "Pipeline" }));
  const station = (name: string) =>
    scene.getByRole("link", { name: new RegExp(`^${name}`) }).textContent?.slice(name.length);
  return {
    depth: figure("Queue depth"),
    inFlight: figure("In flight")[0],
    uploads: station("Uploads"),
    queue: station("Queue"),
    card: /([0-9]+) waiting now, ([0-9]+) in flight/
      .exec(screen.getByRole("img", { name: /^Depth of the queue/ }).getAttribute("aria-label") ?? "")
      ?.slice(1, 3),
  };
}

beforeEach(() => {
  // jsdom has no layout: nothing comes near its window.
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
  vi.stubGlobal("ResizeObserver", IntersectionObserver);
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
  vi.stubGlobal("fetch", () => Promise.resolve(Response.json({ role: "viewer", push_interval_s: 2 })));
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Figures />
      <SceneCard />
      <PerformanceCard />
      <QueueCard />
    </QueryClientProvider>,
  );
  push(1, 0, []);
  fireEvent.click(screen.getByRole("button", { name: "Show as text" }));
});
afterEach(() => {
  cleanup();
  liveStore.setState(EMPTY, true);
});

it("shows the numbers of one push in all cards during a burst", () => {
  push(2, 5, []);
  expect(shown()).toEqual({
    depth: ["5", "oldest: 1 s"],
    inFlight: "0",
    uploads: "5 arrived",
    queue: "5 waiting",
    card: ["5", "0"],
  });
  push(3, 3, ["processing", "processing"]);
  expect(shown()).toEqual({
    depth: ["3", "oldest: 1 s"],
    inFlight: "2",
    uploads: "none arriving",
    queue: "3 waiting",
    card: ["3", "2"],
  });
  push(4, 0, ["done", "done", "done", "processing", "processing"]);
  expect(shown()).toEqual({
    depth: ["0", "no videos waiting"],
    inFlight: "2",
    uploads: "none arriving",
    queue: "empty",
    card: ["0", "2"],
  });
});

it("counts videos that were taken and ended between two pushes as arrived, not as waiting", () => {
  push(2, 0, ["done", "done"]);
  expect(shown()).toMatchObject({ depth: ["0", "no videos waiting"], uploads: "2 arrived", queue: "empty" });
  push(3, 0, ["done", "done"]);
  expect(shown()).toMatchObject({ uploads: "none arriving", queue: "empty" });
});

it("shows the next arrivals without those of the push before", () => {
  push(2, 3, []);
  push(3, 5, []);
  expect(shown()).toMatchObject({ uploads: "2 arrived", queue: "5 waiting", card: ["5", "0"] });
});

it("calls no queue empty of which only the oldest message is not known", () => {
  push(2, 5, [], -1);
  expect(shown().depth).toEqual(["5", "age not known yet"]);
  push(3, 5, [], 0);
  expect(shown().depth).toEqual(["5", "oldest: 1 s"]);
  expect(screen.getByText("Oldest message").parentElement?.textContent).toBe("Oldest message1 s");
});
