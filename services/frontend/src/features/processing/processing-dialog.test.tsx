// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { liveStore } from "@/features/live/api/store";
import type { Processing } from "@/lib/api/models";
import { PauseNotice } from "./pause-notice";
import { ProcessingDialog } from "./processing-dialog";

const RUNNING: Processing = {
  paused: false,
  changed_at: null,
  changed_by: null,
  waiting: 0,
  retention_s: 345_600,
  oldest_expires_at: null,
  at_risk: false,
};
const PAUSED: Processing = {
  ...RUNNING,
  paused: true,
  changed_at: "2026-11-29T09:00:00Z",
  changed_by: "Ada",
  waiting: 3,
};

let role: "operator" | "viewer";
let sent: unknown[];
let refusal: string | null;

beforeEach(() => {
  role = "operator";
  sent = [];
  refusal = null;
  HTMLDialogElement.prototype.showModal = function (this: HTMLDialogElement) {
    this.open = true;
  };
  vi.stubGlobal("fetch", (path: string, init?: RequestInit) => {
    if (path === "/api/config") return Promise.resolve(Response.json({ role }));
    sent.push(JSON.parse(String(init?.body)));
    if (refusal) return Promise.resolve(Response.json({ title: "Unavailable", detail: refusal }, { status: 503 }));
    return Promise.resolve(Response.json(PAUSED));
  });
});
afterEach(cleanup);

function show(processing: Processing, socket: "open" | "lost" = "open") {
  const snapshot = {
    serverMs: 0,
    queue: null,
    pods: [],
    metrics: null,
    videos: [],
    purge: null,
    jobs: [],
    sources: {},
  };
  liveStore.setState({ socket, snapshot: { ...snapshot, processing } });
  const onClose = vi.fn();
  render(
    <QueryClientProvider client={new QueryClient()}>
      <PauseNotice />
      <ProcessingDialog onClose={onClose} />
    </QueryClientProvider>,
  );
  return onClose;
}

it("pauses after a confirmation that names the consequences", async () => {
  const onClose = show(RUNNING);
  expect(screen.getByText(/deletes a message after 4 d\./)).toBeTruthy();
  fireEvent.click(await screen.findByRole("button", { name: "Pause" }));
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(sent).toEqual([{ paused: true }]);
});

it("shows who paused and when, and resumes", async () => {
  show(PAUSED);
  expect(screen.getByRole("status").textContent).toMatch(/Processing is paused.*since .* by Ada/);
  expect(screen.getByText(/Paused on .* by Ada\. 3 messages/)).toBeTruthy();
  fireEvent.click(await screen.findByRole("button", { name: "Resume" }));
  await waitFor(() => expect(sent).toEqual([{ paused: false }]));
});

it("warns before the queue deletes messages", () => {
  show({ ...PAUSED, oldest_expires_at: "2026-11-29T11:00:00Z", at_risk: true });
  expect(screen.getByText(/^Messages expire from/)).toBeTruthy();
  expect(screen.getByRole("alert").textContent).toMatch(/deletes the oldest message on/);
});

it("keeps the dialog open with the reason of a refusal", async () => {
  refusal = "The table does not answer.";
  const onClose = show(RUNNING);
  fireEvent.click(await screen.findByRole("button", { name: "Pause" }));
  expect((await screen.findByRole("alert")).textContent).toBe(refusal);
  expect(onClose).not.toHaveBeenCalled();
});

it("offers viewers no button, and shows no pause without a connection", async () => {
  role = "viewer";
  show(PAUSED, "lost");
  expect(await screen.findByText(/Only operators can pause/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Resume" })).toBeNull();
  expect(screen.queryByRole("status")).toBeNull();
});
