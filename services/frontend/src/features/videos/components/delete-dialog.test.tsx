// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Toasts } from "@/components/ui/toasts";
import { idOf } from "../names";
import { DeleteDialog } from "./delete-dialog";

const KEY = "uploads/trip/harbour.mp4";
const onDeleted = vi.fn();
let requests: string[];
let answers: Response[];

beforeEach(() => {
  requests = [];
  onDeleted.mockClear();
  // jsdom has no modal dialogs.
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  vi.stubGlobal("fetch", (input: RequestInfo | URL, init?: RequestInit) => {
    requests.push(`${init?.method} ${String(input)}`);
    return Promise.resolve(answers.shift() ?? Response.json({}));
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <DeleteDialog videoKey={KEY} onClose={vi.fn()} onDeleted={onDeleted} />
      <Toasts />
    </QueryClientProvider>,
  );
});
afterEach(cleanup);

it("deletes the upload only if asked, and undoes it", async () => {
  answers = [Response.json({ key: KEY, upload_deleted: true, restorable: true })];
  expect(screen.getByText(/The upload stays/)).toBeTruthy();
  fireEvent.click(screen.getByLabelText("Also delete the upload"));
  expect(screen.queryByText(/The upload stays/)).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: "Delete" }));
  fireEvent.click(await screen.findByRole("button", { name: "Undo" }));
  expect(await screen.findByText(/The video is restored/)).toBeTruthy();
  expect(onDeleted).toHaveBeenCalledOnce();
  expect(requests).toEqual([
    `DELETE /api/videos/${idOf(KEY)}?upload=true`,
    `POST /api/videos/${idOf(KEY)}/restoration`,
  ]);
});

it("shows why a video could not be deleted, and stays", async () => {
  answers = [Response.json({ title: "Conflict", status: 409, detail: "A worker is processing it." }, { status: 409 })];
  fireEvent.click(screen.getByRole("button", { name: "Delete" }));
  expect((await screen.findByRole("alert")).textContent).toContain("A worker is processing it.");
  expect(requests).toEqual([`DELETE /api/videos/${idOf(KEY)}`]);
  expect(onDeleted).not.toHaveBeenCalled();
});
