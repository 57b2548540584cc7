// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { PurgePreview } from "@/lib/api/models";
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

let deletions: string[];
let counts: number;

/** Answer as an api whose first confirmation has expired. */
function answer(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const path = String(input);
  if (path.startsWith("/api/config")) return Promise.resolve(Response.json({ name: "clips", role: "operator" }));
  if (init?.method === "GET") {
    counts += 1;
    return Promise.resolve(Response.json(preview(`count ${counts}`)));
  }
  deletions.push(path);
  return Promise.resolve(
    deletions.length === 1
      ? Response.json({ title: "Precondition Required", detail: "The confirmation has expired." }, { status: 428 })
      : Response.json({ objects: 8, progress }, { status: 202 }),
  );
}

beforeEach(() => {
  deletions = [];
  counts = 0;
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
  expect(deletions).toEqual([]);
});

it("counts again when the confirmation has expired", async () => {
  await confirm();
  expect(await screen.findByText(/nothing was deleted/)).toBeDefined();
  expect(deletions).toEqual(["/api/purge?confirmation=count+1"]);
  await confirm();
  expect(await screen.findByText("Deleting the videos …")).toBeDefined();
  expect(deletions[1]).toBe("/api/purge?confirmation=count+2");
});
