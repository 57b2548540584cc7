// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Reconciliation } from "./queries";
import { ReconcileDialog } from "./reconcile-dialog";

const COUNTS = {
  uploads: 100,
  records: 90,
  pictures: 270,
  missing: 12,
  changed: 0,
  outdated: 0,
  lost: 0,
  queued_bytes: 1_200_000,
  kept: 85,
  failed: 3,
  in_progress: 0,
  deleted: 0,
  dismissed: 0,
  gone: 0,
  surplus: 4,
  surplus_bytes: 9000,
};

const DRY_RUN: Reconciliation = {
  id: "dry",
  dry_run: true,
  create: true,
  remove: true,
  window: 2,
  state: "done",
  phase: "thumbnails",
  counts: COUNTS,
  estimate: { seconds: 200, usd: 0.0004 },
  examples: [{ key: "uploads/old.mp4", finding: "missing" }],
  position: "",
  confirmation: "yes",
  confirmation_until: "2026-11-29T11:00:00Z",
  started_at: "2026-11-29T10:00:00Z",
  finished_at: "2026-11-29T10:00:09Z",
};

let latest: Reconciliation | null;
let role: "operator" | "viewer";
let refusal: string | null;
let sent: unknown[];

/** Answer as an api that starts what is asked for. */
function answer(path: string, init?: RequestInit): Promise<Response> {
  if (path === "/api/config") return Promise.resolve(Response.json({ role }));
  if (init?.method === "GET") return Promise.resolve(Response.json({ items: latest ? [latest] : [] }));
  if (init?.method === "DELETE") {
    sent.push(path);
    if (latest) latest = { ...latest, state: "cancelled" };
    return Promise.resolve(Response.json(latest, { status: 202 }));
  }
  const body = JSON.parse(String(init?.body)) as Partial<Reconciliation>;
  sent.push(body);
  if (refusal) return Promise.resolve(Response.json({ title: "Refused", detail: refusal }, { status: 428 }));
  latest = body.dry_run
    ? { ...DRY_RUN, state: "running" }
    : {
        ...DRY_RUN,
        id: "run",
        dry_run: false,
        state: "running",
        counts: { ...COUNTS, missing: 4, surplus: 0 },
        planned: COUNTS,
      };
  return Promise.resolve(Response.json(latest, { status: 202 }));
}

beforeEach(() => {
  latest = DRY_RUN;
  role = "operator";
  refusal = null;
  sent = [];
  vi.stubGlobal("fetch", answer);
  HTMLDialogElement.prototype.showModal = function open() {
    this.open = true;
  };
});

afterEach(cleanup);

function show() {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <ReconcileDialog onClose={() => undefined} />
    </QueryClientProvider>,
  );
}

const button = (name: string) => screen.findByRole<HTMLButtonElement>("button", { name });

it("counts first, and changes nothing without a count", async () => {
  latest = null;
  show();
  fireEvent.click(await button("Count"));
  await button("Cancel the reconciliation");
  expect(sent).toEqual([{ dry_run: true }]);
  expect(screen.getByText("100 uploads, 90 records, 270 pictures read")).toBeTruthy();
});

it("shows counts, bytes, time, cost and examples", async () => {
  show();
  expect(await screen.findByText("To queue (1.20 MB)")).toBeTruthy();
  expect(screen.getByText("To remove (9.00 kB)")).toBeTruthy();
  expect(screen.getByText("About 3 min 20 s and less than $0.01, with 2 videos in the queue at a time.")).toBeTruthy();
  expect(screen.getByText("uploads/old.mp4")).toBeTruthy();
});

it("runs what was counted and shows the progress", async () => {
  show();
  fireEvent.click(await button("Queue 12, remove 4"));
  expect(await screen.findByText("4 of 16 changed")).toBeTruthy();
  expect(sent).toEqual([{ dry_run: false, confirmation: "yes" }]);
  expect(screen.getByRole("progressbar").getAttribute("value")).toBe("0.25");
});

it("asks for another count when the choices change", async () => {
  show();
  fireEvent.click(await screen.findByLabelText("Remove records and pictures without a video"));
  expect(screen.queryByRole("button", { name: /^Queue 12/ })).toBeNull();
  fireEvent.click(await button("Count again"));
  await button("Cancel the reconciliation");
  expect(sent).toEqual([{ dry_run: true, create: true, remove: false, window: 2 }]);
});

it("says why a run was refused, and keeps the count", async () => {
  refusal = "The confirmation has expired. Start another dry run.";
  show();
  fireEvent.click(await button("Queue 12, remove 4"));
  expect((await screen.findByRole("alert")).textContent).toBe(refusal);
  expect((await button("Count again")).disabled).toBe(false);
});

it("cancels a run", async () => {
  latest = { ...DRY_RUN, id: "run", dry_run: false, state: "running", planned: COUNTS };
  show();
  fireEvent.click(await button("Cancel the reconciliation"));
  expect(await screen.findByText("The reconciliation was cancelled.")).toBeTruthy();
  expect(sent).toEqual(["/api/reconciliations/run"]);
});

it("shows viewers the result and why they cannot act", async () => {
  role = "viewer";
  show();
  expect(await screen.findByText(/^Only operators can/)).toBeTruthy();
  expect(screen.getByText("To queue (1.20 MB)")).toBeTruthy();
  expect(screen.queryByRole("button", { name: /Count|Queue|Cancel/ })).toBeNull();
});
