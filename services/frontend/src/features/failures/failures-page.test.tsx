// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Toasts } from "@/components/ui/toasts";
import { idOf } from "@/features/videos/names";
import { FailuresPage } from "./failures-page";

const KEY = "uploads/notes.mp4";
const LETTERS = [
  { id: "1", key: KEY, reason: "No video.", reason_code: "not_a_video", retryable: false },
  { id: "2", key: "uploads/slow.mp4", reason: "Too slow.", reason_code: "timeout", retryable: true },
].map((letter) => ({ ...letter, attempts: 1, at: "2026-01-01T00:00:00Z" }));

let changes: string[];
let letters: typeof LETTERS;

beforeEach(() => {
  changes = [];
  letters = LETTERS;
  vi.stubGlobal("fetch", (input: RequestInfo | URL, init?: RequestInit) => {
    const path = String(input);
    if (init?.method !== "GET") changes.push(`${init?.method} ${path}`);
    if (path.startsWith("/api/config")) return Promise.resolve(Response.json({ role: "operator" }));
    if (path.startsWith("/api/dead-letters"))
      return Promise.resolve(Response.json({ total: letters.length, items: letters, groups: [], is_complete: true }));
    return Promise.resolve(new Response(null, { status: 204 }));
  });
});
afterEach(cleanup);

async function show(): Promise<void> {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <FailuresPage />
      <Toasts />
    </QueryClientProvider>,
  );
  await screen.findByLabelText("Select notes.mp4");
}

it("proposes a redrive only where it can help", async () => {
  await show();
  expect(screen.getAllByText(/another attempt ends in the same way/)).toHaveLength(1);
  fireEvent.click(screen.getByLabelText("Select notes.mp4"));
  expect(screen.getByRole("button", { name: "Redrive 1 anyway" })).toBeTruthy();
  fireEvent.click(screen.getByLabelText("Select slow.mp4"));
  expect(screen.getByRole("button", { name: "Redrive 2" })).toBeTruthy();
});

it("proposes no redrive if all files are the reason", async () => {
  letters = LETTERS.slice(0, 1);
  await show();
  // Each row has such buttons as well, below those of the page, once the role of the user is known.
  const [dismiss, redrive] = ["Dismiss", "Redrive"].map((name) => screen.getAllByRole("button", { name })[0]);
  expect(dismiss?.className).toContain("bg-accent");
  expect(redrive?.className).not.toContain("bg-accent");
});

it("dismisses failures, and undoes it", async () => {
  await show();
  fireEvent.click(screen.getByLabelText("Select notes.mp4"));
  fireEvent.click(screen.getByRole("button", { name: "Dismiss 1" }));
  expect(await screen.findByText("1 failure dismissed")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Undo" }));
  expect(await screen.findByText("1 failure restored")).toBeTruthy();
  const path = `/api/videos/${idOf(KEY)}/dismissal`;
  expect(changes).toEqual([`POST ${path}`, `DELETE ${path}`]);
});
