// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { History } from "./figures";
import { HistoryPage } from "./history-page";

vi.mock("next/navigation", () => ({
  usePathname: () => "/history",
  useSearchParams: () => new URLSearchParams(window.location.search),
}));
// jsdom has no canvas.
vi.mock("@/features/charts/time-plot", () => ({ default: () => null }));

const NONE = { p50_s: null, p95_s: null };
const EMPTY = { done: 0, degraded: 0, failed: 0, success_rate: null, queue: NONE, thumbnails: NONE, failures: {} };
const BUSY = {
  done: 1200,
  degraded: 30,
  failed: 4,
  success_rate: 1230 / 1234,
  queue: { p50_s: 0.4, p95_s: 2 },
  thumbnails: { p50_s: 1.5, p95_s: 62 },
  failures: { not_a_video: 1, damaged: 3 },
};

const USAGE = { videos: 12_480, processing_s: 5400, worker_hours: 21.04, stored_bytes: 500_000_000_000 };
const UNPRICED = {
  month: "2026-11-01T00:00:00Z",
  since: "2026-11-10T08:00:00Z",
  at: "2026-11-16T00:00:00Z",
  usage: { ...USAGE, worker_hours: null },
  usd: null,
  prices: null,
  is_local: true,
};
const PRICED = {
  ...UNPRICED,
  usage: USAGE,
  usd: { fixed: 124.6, workers: 1.04, requests: 0.52, storage: 5.75, total: 131.91 },
  prices: { as_of: "2026-11", region: "us-east-1", fixed_month: 249.19 },
  is_local: false,
};

let cost: unknown;
let answers: (range: string | null) => Response;
let requested: string[];

function historyOf(range: History["range"], figures: History["total"]): History {
  const at = "2026-11-29T10:00:00Z";
  return { range, step_s: 900, total: figures, points: [{ ...figures, at, since: at }] };
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
  requested = [];
  cost = PRICED;
  answers = () => Response.json(historyOf("24h", BUSY));
  vi.stubGlobal("fetch", (input: string) => {
    if (input === "/api/cost") return Promise.resolve(Response.json(cost));
    requested.push(input);
    return Promise.resolve(answers(new URL(input, "http://localhost").searchParams.get("range")));
  });
});

afterEach(() => {
  cleanup();
  window.history.replaceState(null, "", "/history");
});

function show() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={client}>
      <HistoryPage />
    </QueryClientProvider>,
  );
}

it("shows success rate, throughput and waiting times", async () => {
  show();
  expect(await screen.findByText("99.6 %")).toBeTruthy();
  expect(screen.getByText("1,230 of 1,234 videos got thumbnails")).toBeTruthy();
  expect(screen.getByText("at most 1,234 per 15 min")).toBeTruthy();
  expect(
    screen.getByRole("img", {
      name: "Time in queue of the last 24 hours: 50 % of the videos within 400 ms, 95 % within 2.0 s.",
    }),
  ).toBeTruthy();
});

it("has the values of a chart as a table", async () => {
  show();
  const card = within(await screen.findByRole("region", { name: "Time to thumbnails" }));
  fireEvent.click(card.getByRole("button", { name: "Show as table" }));
  expect(card.getAllByRole("columnheader").map(({ textContent }) => textContent)).toEqual([
    "Time",
    "50 % within",
    "95 % within",
  ]);
  expect(
    card
      .getAllByRole("cell")
      .slice(1)
      .map(({ textContent }) => textContent),
  ).toEqual(["1.5 s", "1 min 2 s"]);
});

it("links each failure reason to its videos, most frequent first", async () => {
  show();
  const card = within(await screen.findByRole("region", { name: "Failures by reason" }));
  expect(card.getAllByRole("link").map((link) => [link.textContent, link.getAttribute("href")])).toEqual([
    ["Damaged3", "/videos?state=failed&reason=damaged"],
    ["Not a video1", "/videos?state=failed&reason=not_a_video"],
  ]);
});

it("takes the range from the address and keeps it there", async () => {
  window.history.replaceState(null, "", "/history?range=7d");
  answers = (range) => Response.json(historyOf(range === "7d" ? "7d" : "1h", EMPTY));
  show();
  expect(await screen.findByText("No videos in the last 7 days")).toBeTruthy();
  fireEvent.click(screen.getByLabelText("1 hour"));
  expect(window.location.search).toBe("?range=1h");
  fireEvent.click(screen.getByLabelText("24 hours"));
  expect(window.location.search).toBe("");
  expect(requested[0]).toBe("/api/history?range=7d");
});

it("says why the history could not be loaded", async () => {
  answers = () => Response.json({ title: "Unavailable", detail: "DynamoDB does not answer." }, { status: 503 });
  show();
  expect(await screen.findByText("DynamoDB does not answer.")).toBeTruthy();
  answers = () => Response.json(historyOf("24h", BUSY));
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("99.6 %")).toBeTruthy();
});

it("estimates the month's cost, and says from what and since when", async () => {
  show();
  const card = within(await screen.findByRole("region", { name: "Cost of this month so far" }));
  const rows = (await card.findAllByRole("row")).slice(1).map(({ textContent }) => textContent);
  expect(rows).toEqual([
    "Fixedcluster, network, api and dashboard: $249.19 a month$124.60",
    "Workersabout 21 h of pods, from 1 h 30 min of processing in each hour's videos$1.04",
    "Requests12,480 videos: requests, data and logs$0.52",
    "Storage500 GB stored now, as if it had been so all the time$5.75",
    "Total$131.91",
  ]);
  expect(card.getByText(/^an estimate/)).toBeTruthy();
  expect(card.getByText(/^Measured since 10 Nov \(UTC\)\. List prices of us-east-1 of 2026-11/)).toBeTruthy();
});

it("shows usage only where no prices are configured", async () => {
  cost = UNPRICED;
  show();
  const card = within(await screen.findByRole("region", { name: "Cost of this month so far" }));
  expect(await card.findByText(/runs on one machine, and costs nothing in AWS\. No prices/)).toBeTruthy();
  expect(card.getByText(/12,480 videos and 1 h 30 min of processing so far; 500 GB are stored now/)).toBeTruthy();
  expect(card.queryByRole("table")).toBeNull();
});
