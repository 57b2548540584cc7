// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { LogsPage } from "./logs-page";

vi.mock("next/navigation", () => ({
  usePathname: () => "/logs",
  useSearchParams: () => new URLSearchParams(window.location.search),
}));

const TRACE = "0123456789abcdef".repeat(2);
const line = (id: string, event: string, level: string | null) => ({
  id,
  at: `2026-11-29T10:00:0${id}.000Z`,
  service: "worker",
  source: "worker-1",
  level,
  event,
  key: "uploads/a.mp4",
  trace_id: TRACE,
  fields: { cpu_s: "0.2" },
});

let asked: URLSearchParams[];
let answer: (query: URLSearchParams) => Response;

beforeEach(() => {
  asked = [];
  vi.stubGlobal("fetch", (path: string) => {
    const query = new URL(path, "http://here").searchParams;
    asked.push(query);
    return Promise.resolve(answer(query));
  });
});
afterEach(() => {
  cleanup();
  window.history.replaceState(null, "", "/logs");
});

function page(items: unknown[], next: string | null, isFull = false) {
  const since = "2026-11-29T09:00:00Z";
  return Response.json({ items, since, read_since: next ?? since, next_until: next, is_full: isFull });
}

function show(search: string) {
  window.history.replaceState(null, "", `/logs${search}`);
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <LogsPage />
    </QueryClientProvider>,
  );
}

it("asks for what the address says, and shows lines with their fields", async () => {
  answer = () => page([line("2", "video_done", "info"), line("1", "Traceback", null)], null);
  show(`?service=worker&level=error&q=time&trace=${TRACE}&range=7d`);
  expect((await screen.findAllByRole("listitem")).map(({ textContent }) => textContent)).toEqual([
    expect.stringMatching(/infoWorkervideo_donea\.mp4.*cpu_s0\.2/),
    expect.stringMatching(/—WorkerTraceback/),
  ]);
  expect(Object.fromEntries(asked[0] ?? [])).toMatchObject({
    service: "worker",
    level: "error",
    q: "time",
    trace_id: TRACE,
  });
  expect(screen.getByRole("status").textContent).toBe("These are all lines of this time.");
});

it("continues where a scan of many lines has ended", async () => {
  answer = (query) =>
    query.has("until") ? page([line("1", "older", "info")], null) : page([], "2026-11-29T09:30:00Z");
  show("?live=off");
  expect(await screen.findByText(/ended at .* too many lines/)).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Show older lines" }));
  expect((await screen.findByRole("listitem")).textContent).toContain("older");
  expect(asked[1]?.get("until")).toBe("2026-11-29T09:30:00Z");
});

it("says what to set where there are no logs", async () => {
  answer = () => Response.json({ title: "Conflict", detail: "Set LOG_GROUP." }, { status: 409 });
  show("");
  expect(await screen.findByText("There are no logs")).toBeTruthy();
  expect(screen.getByText("Set LOG_GROUP.")).toBeTruthy();
  await waitFor(() => expect(asked).toHaveLength(1));
});
