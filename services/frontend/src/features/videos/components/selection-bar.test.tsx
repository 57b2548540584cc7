// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { receive } from "@/features/live/api/store";
import type { JobProgress, State } from "@/lib/api/models";
import type { Job } from "../api/jobs";
import type { JobFilter } from "../selection";
import { JobCards } from "./job-card";
import { SelectionBar } from "./selection-bar";

const KEYS = ["uploads/a.mp4", "uploads/b.mp4"];
const RUNNING: Job = {
  id: "1",
  kind: "retry",
  upload: false,
  filter: null,
  state: "running",
  cancel_requested: false,
  total: 2,
  done: 0,
  failed: 0,
  remaining: 2,
  error: null,
  undoable: false,
  failures: [],
  failures_complete: true,
  created_at: "2026-01-01T00:00:00Z",
  finished_at: null,
};
const FINISHED: Job = {
  ...RUNNING,
  state: "done",
  done: 1,
  failed: 1,
  remaining: 0,
  failures: [{ key: "uploads/b.mp4", reason: "It has its thumbnails." }],
  finished_at: "2026-01-01T00:00:01Z",
};
const onClear = vi.fn();
let bodies: { filter?: JobFilter }[];
let asked: string[];
/** Jobs of all tests: the tab remembers those that were closed. */
let jobCount = 0;

function show(filter: JobFilter = {}) {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <SelectionBar keys={KEYS} filter={filter} onClear={onClear} />
      <JobCards />
    </QueryClientProvider>,
  );
}

/** Receive a push of the api with these jobs. */
function push(...jobs: JobProgress[]) {
  const at = new Date(Date.UTC(2026, 0, 1)).toISOString();
  const state: State = {
    type: "state",
    server: "a",
    seq: 1,
    at,
    sources: {},
    queue: null,
    pods: null,
    metrics: null,
    videos: [],
    purge: null,
    jobs,
  } as unknown as State;
  act(() => receive(state, Date.now()));
}

/** Answer as an api that counts at most two videos a request, and whose job has ended when it is asked for. */
function answer(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const path = String(input);
  asked.push(path.split("?")[0] ?? "");
  if (path.endsWith("/undo"))
    return Promise.resolve(
      Response.json({ ...RUNNING, id: String((jobCount += 1)), kind: "restore" }, { status: 202 }),
    );
  if (init?.method === "POST") {
    bodies.push(JSON.parse(String(init.body)) as { filter?: JobFilter });
    return Promise.resolve(Response.json({ ...RUNNING, id: String((jobCount += 1)) }, { status: 202 }));
  }
  if (path.startsWith("/api/config")) return Promise.resolve(Response.json({ role: "operator" }));
  if (path.startsWith("/api/videos/counts"))
    return Promise.resolve(
      Response.json(
        path.includes("cursor=")
          ? { counts: { failed: 1, dismissed: 1 }, next_cursor: null }
          : { counts: { done: 1, failed: 1 }, next_cursor: path.includes("folder=") ? "next" : null },
      ),
    );
  return Promise.resolve(Response.json({ ...FINISHED, id: path.split("/").at(-1) }));
}

beforeEach(() => {
  bodies = [];
  asked = [];
  onClear.mockClear();
  // jsdom has no modal dialogs.
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  vi.stubGlobal("fetch", answer);
});
afterEach(cleanup);

it("starts a job with the selected videos and follows it by pushes", async () => {
  show();
  expect(await screen.findByRole("button", { name: "Select all 2 that match" })).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Retry" }));
  await vi.waitFor(() => expect(onClear).toHaveBeenCalledOnce(), { timeout: 120_000 });
  expect(bodies).toEqual([{ kind: "retry", upload: false, keys: KEYS }]);
  push({ ...RUNNING, done: 1 });
  expect(await screen.findByText("1 of 2")).toBeTruthy();
  asked.length = 0;
  push({ ...RUNNING, done: 1, total: 3 });
  expect(await screen.findByText("1 of 3")).toBeTruthy();
  expect(asked).toEqual([]);

  push(FINISHED);
  expect(await screen.findByText("2 of 2, 1 could not be changed, finished")).toBeTruthy();
  expect(await screen.findByText("It has its thumbnails.")).toBeTruthy();
  push();
  expect(screen.getByText("It has its thumbnails.")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Close" }));
  expect(screen.queryByText("It has its thumbnails.")).toBeNull();
});

it("undoes a job that can be undone by a job that takes its place", async () => {
  show();
  fireEvent.click(screen.getByRole("button", { name: "Delete …" }));
  fireEvent.click(screen.getByRole("button", { name: "Delete 2 videos" }));
  await vi.waitFor(() => expect(onClear).toHaveBeenCalledOnce(), { timeout: 120_000 });
  const id = String(jobCount);
  push({ ...RUNNING, id, kind: "delete" });
  expect(await screen.findByText("0 of 2")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
  push({ ...FINISHED, id, kind: "delete", undoable: true });
  fireEvent.click(await screen.findByRole("button", { name: "Undo" }));
  expect(await screen.findByText("Restore videos")).toBeTruthy();
  expect(screen.queryByText("Delete videos")).toBeNull();
  expect(asked).toContain(`/api/jobs/${id}/undo`);
});

it("offers no undo of a job that cannot be undone", async () => {
  show();
  push({ ...FINISHED, id: "88", kind: "delete", undoable: false });
  expect(await screen.findByText(/could not be changed, finished/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
});

it("shows a job that somebody else has started while it is pushed", async () => {
  show();
  push({ ...RUNNING, id: "77", kind: "dismiss" });
  expect(await screen.findByText("0 of 2")).toBeTruthy();
  push();
  expect(screen.queryByText("0 of 2")).toBeNull();
});

it("deletes all that match after a confirmation that names their number", async () => {
  push();
  show({ folder: "trip", until: "2027-01-01T00:00:00.000Z" });
  fireEvent.click(screen.getByRole("button", { name: "Select all that match" }));
  expect(await screen.findByText("All 3 videos that match")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Regenerate 1" })).toHaveProperty("disabled", false);
  expect(screen.getByRole("button", { name: "Retry 2" })).toHaveProperty("disabled", false);
  fireEvent.click(screen.getByRole("button", { name: "Delete …" }));
  expect(screen.getByText(/1 dismissed failure is among them/)).toBeTruthy();
  expect(bodies).toEqual([]);
  fireEvent.click(screen.getByRole("button", { name: "Delete 4 videos" }));
  await vi.waitFor(() => expect(onClear).toHaveBeenCalled(), { timeout: 120_000 });
  // Not those that were uploaded since the count.
  const filter = { folder: "trip", until: expect.stringMatching(/^2026-01-01T/) as string };
  expect(bodies).toEqual([{ kind: "delete", upload: false, filter, max_videos: 4 }]);
});

it("regenerates with other options after a question", async () => {
  show();
  fireEvent.click(screen.getByRole("button", { name: "Regenerate" }));
  fireEvent.change(screen.getByLabelText("Positions in %"), { target: { value: "5, x" } });
  fireEvent.click(screen.getByRole("button", { name: "Make again" }));
  expect(screen.getByRole("alert").textContent).toContain("such as 10, 50, 95");
  expect(bodies).toEqual([]);
  fireEvent.change(screen.getByLabelText("Positions in %"), { target: { value: "5, 50" } });
  fireEvent.change(screen.getByLabelText("Format"), { target: { value: "webp" } });
  fireEvent.click(screen.getByRole("button", { name: "Make again" }));
  await vi.waitFor(() => expect(onClear).toHaveBeenCalled(), { timeout: 120_000 });
  const options = { positions_pct: [5, 50], format: "webp" };
  expect(bodies).toEqual([{ kind: "regenerate", upload: false, options, keys: KEYS }]);
});

it("asks before it deletes", async () => {
  show();
  fireEvent.click(screen.getByRole("button", { name: "Delete …" }));
  expect(bodies).toEqual([]);
  fireEvent.click(screen.getByLabelText("Also delete the uploads"));
  fireEvent.click(screen.getByRole("button", { name: "Delete 2 videos" }));
  await vi.waitFor(() => expect(onClear).toHaveBeenCalled(), { timeout: 120_000 });
  expect(bodies).toEqual([{ kind: "delete", upload: true, keys: KEYS }]);
});
