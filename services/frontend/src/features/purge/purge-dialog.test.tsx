// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { liveStore } from "@/features/live/api/store";
import type { PurgePreview, PurgeProgress } from "@/lib/api/models";
import { PurgeDialog } from "./purge-dialog";

const preview = (confirmation: string): PurgePreview => ({
  videos: 2,
  thumbnails: 6,
  objects: 8,
  bytes: 2_000_000,
  records: 2,
  is_complete: true,
  confirmation,
  confirmation_until: "2026-01-01T00:01:00Z",
  last: null,
});

const progress = {
  id: "1",
  running: true,
  phase: "uploads",
  deleted: 0,
  total: 8,
  deleted_bytes: 0,
  records: 0,
  in_work: 0,
  started_at: "2026-01-01T00:00:00Z",
};

let starts: unknown[];
let cancelled: string[];
let counts: number;

/** Answer as an api whose first confirmation has expired. */
function answer(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const path = String(input);
  if (path.startsWith("/api/config")) return Promise.resolve(Response.json({ name: "clips", role: "operator" }));
  if (path.startsWith("/api/purges/") && init?.method === "GET")
    return Promise.resolve(Response.json({ ...progress, running: false, phase: "done", state: "cancelled" }));
  if (init?.method === "GET") {
    counts += 1;
    return Promise.resolve(Response.json(preview(`count ${counts}`)));
  }
  if (init?.method === "DELETE") {
    cancelled.push(path);
    return Promise.resolve(Response.json({ ...progress, state: "cancelling" }, { status: 202 }));
  }
  starts.push(JSON.parse(String(init?.body)));
  return Promise.resolve(
    starts.length === 1
      ? Response.json({ title: "Precondition Required", detail: "The confirmation has expired." }, { status: 428 })
      : Response.json({ ...progress, state: "running" }, { status: 202 }),
  );
}

beforeEach(() => {
  starts = [];
  cancelled = [];
  counts = 0;
  liveStore.setState({ purge: null });
  vi.stubGlobal("fetch", answer);
  HTMLDialogElement.prototype.showModal = function open() {
    this.open = true;
  };
  render(
    <QueryClientProvider client={new QueryClient()}>
      <PurgeDialog isOpen onClose={() => undefined} />
    </QueryClientProvider>,
  );
});

afterEach(cleanup);

async function confirm(): Promise<void> {
  fireEvent.change(await screen.findByLabelText(/clips/), { target: { value: "clips" } });
  fireEvent.click(screen.getByRole("button", { name: "Delete everything" }));
}

it("shows counts and asks for the name before deleting", async () => {
  expect(await screen.findByText("2 videos, 6 thumbnails")).toBeDefined();
  await screen.findByLabelText(/clips/);
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Delete everything" }).disabled).toBe(true);
  expect(starts).toEqual([]);
});

it("counts again when the confirmation has expired", async () => {
  await confirm();
  expect(await screen.findByText(/nothing was deleted/)).toBeDefined();
  expect(starts).toEqual([{ confirmation: "count 1" }]);
  await confirm();
  expect(await screen.findByText("Deleting the videos …")).toBeDefined();
  expect(starts[1]).toEqual({ confirmation: "count 2" });
});

it("cancels a running purge and says so at its end", async () => {
  await confirm();
  await screen.findByText(/nothing was deleted/);
  await confirm();
  fireEvent.click(await screen.findByRole("button", { name: "Cancel the purge" }));
  expect(await screen.findByText("Cancelling …")).toBeDefined();
  expect(cancelled).toEqual(["/api/purges/1"]);
  act(() => liveStore.setState({ purge: { ...progress, running: false, phase: "done", deleted: 3 } as PurgeProgress }));
  expect(
    await screen.findByText("The purge was cancelled after 3 objects. Videos that it had not deleted yet stay."),
  ).toBeDefined();
});
