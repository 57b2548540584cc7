// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Job } from "../api/jobs";
import type { JobFilter } from "../selection";
import { JobCard } from "./job-card";
import { SelectionBar } from "./selection-bar";

const KEYS = ["uploads/a.mp4", "uploads/b.mp4"];
const FINISHED: Partial<Job> = {
  id: "1",
  kind: "retry",
  state: "done",
  total: 2,
  done: 1,
  failed: 1,
  failures: [{ key: "uploads/b.mp4", reason: "It has its thumbnails." }],
};
const onClear = vi.fn();
let bodies: unknown[];

function show(filter: JobFilter | null) {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <SelectionBar keys={KEYS} filter={filter} onClear={onClear} />
      <JobCard />
    </QueryClientProvider>,
  );
}

beforeEach(() => {
  bodies = [];
  onClear.mockClear();
  // jsdom has no modal dialogs.
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  vi.stubGlobal("fetch", (_input: RequestInfo | URL, init?: RequestInit) => {
    if (init?.method === "POST") bodies.push(JSON.parse(String(init.body)));
    return Promise.resolve(Response.json(FINISHED));
  });
});
afterEach(cleanup);

it("starts a job with the selected videos and shows what failed", async () => {
  show(null);
  expect(screen.queryByText("Select all of this filter")).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: "Retry" }));
  expect(await screen.findByText("2 of 2, 1 could not be changed, finished")).toBeTruthy();
  expect(screen.getByText("It has its thumbnails.")).toBeTruthy();
  expect(bodies).toEqual([{ kind: "retry", upload: false, keys: KEYS }]);
  expect(onClear).toHaveBeenCalledOnce();
  fireEvent.click(screen.getByRole("button", { name: "Close" }));
  expect(screen.queryByText("It has its thumbnails.")).toBeNull();
});

it("takes all videos of the filter, but deletes none of them", async () => {
  show({ state: "failed" });
  fireEvent.click(screen.getByRole("button", { name: "Select all of this filter" }));
  expect(screen.getByRole("button", { name: "Delete …" })).toHaveProperty("disabled", true);
  fireEvent.click(screen.getByRole("button", { name: "Dismiss" }));
  await vi.waitFor(() => expect(onClear).toHaveBeenCalled(), { timeout: 120_000 });
  expect(bodies).toEqual([{ kind: "dismiss", upload: false, filter: { state: "failed" } }]);
});

it("asks before it deletes", async () => {
  show(null);
  fireEvent.click(screen.getByRole("button", { name: "Delete …" }));
  expect(bodies).toEqual([]);
  fireEvent.click(screen.getByLabelText("Also delete the uploads"));
  fireEvent.click(screen.getByRole("button", { name: "Delete 2 videos" }));
  await vi.waitFor(() => expect(onClear).toHaveBeenCalled(), { timeout: 120_000 });
  expect(bodies).toEqual([{ kind: "delete", upload: true, keys: KEYS }]);
});
