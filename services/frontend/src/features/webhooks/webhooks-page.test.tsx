// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { WebhooksPage } from "./webhooks-page";

vi.mock("next/navigation", () => ({
  usePathname: () => "/webhooks",
  useSearchParams: () => new URLSearchParams(window.location.search),
}));

const WEBHOOK = {
  id: "1",
  url: "https://hooks.example.com/videos",
  description: "",
  prefix: "uploads/trip/",
  states: ["done", "failed"],
  enabled: false,
  disabled_reason: "The target has answered 410 Gone.",
  created_at: "2026-11-29T08:00:00Z",
  secret_version: 1,
  previous_secret_until: null,
};
const ATTEMPT = { at: "2026-11-29T08:00:01Z", status_code: 503, error: "status 503", duration_ms: 12 };
const DELIVERY = {
  id: "d1",
  event_id: "evt_1",
  webhook: "1",
  type: "video.failed",
  key: "uploads/trip/harbour.mp4",
  state: "dead",
  attempts: [ATTEMPT],
  next_attempt_at: null,
  created_at: "2026-11-29T08:00:00Z",
};

let role: string;
let isOn: boolean;
let saved: { status: number; body: object };
let calls: { method: string; path: string; body: unknown }[];

beforeEach(() => {
  role = "operator";
  isOn = true;
  calls = [];
  saved = { status: 201, body: { ...WEBHOOK, secret: "whsec_c2VjcmV0" } };
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
  };
  vi.stubGlobal("fetch", (input: RequestInfo | URL, init?: RequestInit) => {
    const path = String(input);
    const method = init?.method ?? "GET";
    if (path.startsWith("/api/config")) return Promise.resolve(Response.json({ role }));
    if (method !== "GET") {
      calls.push({ method, path, body: init?.body ? (JSON.parse(init.body as string) as unknown) : null });
      return Promise.resolve(Response.json(saved.body, { status: saved.status }));
    }
    if (path.startsWith("/api/webhooks"))
      return Promise.resolve(Response.json({ enabled: isOn, items: isOn ? [WEBHOOK] : [] }));
    calls.push({ method, path, body: null });
    return Promise.resolve(Response.json({ items: [DELIVERY], next_cursor: null }));
  });
});
afterEach(() => {
  cleanup();
  window.history.replaceState(null, "", "/webhooks");
});

function show() {
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { mutations: { retry: false } } })}>
      <WebhooksPage />
    </QueryClientProvider>,
  );
}

const rows = (name: string) => screen.findByRole("list", { name });

it("names the setting while events are off", async () => {
  isOn = false;
  show();
  expect(await screen.findByText("Events are turned off")).toBeTruthy();
  expect(screen.getByText(/EVENTS_ENABLED=true/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Add webhook" })).toBeNull();
});

it("shows filter, state and reason of a webhook, and why a delivery is dead", async () => {
  show();
  const webhook = await rows("Webhooks");
  for (const text of ["hooks.example.com", "Under uploads/trip/", "Done · Failed", "Off", /410 Gone/])
    expect(within(webhook).getByText(text)).toBeTruthy();
  const deliveries = await rows("Deliveries");
  for (const text of ["Dead", "status 503", "1 attempt", "hooks.example.com"])
    expect(within(deliveries).getByText(text)).toBeTruthy();
});

it("offers a viewer no change", async () => {
  role = "viewer";
  show();
  await rows("Deliveries");
  expect(screen.queryByRole("button", { name: "Add webhook" })).toBeNull();
  expect(screen.queryByRole("button", { name: /^Send again/ })).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: "Actions on hooks.example.com" }));
  expect(screen.getAllByRole("menuitem").map(({ textContent }) => textContent)).toEqual(["Show its deliveries"]);
});

it("asks for the deliveries that the address names", async () => {
  window.history.replaceState(null, "", "/webhooks?webhook=1&state=dead");
  show();
  await rows("Deliveries");
  expect(calls.map(({ path }) => path)).toEqual(["/api/deliveries?limit=50&webhook=1&state=dead"]);
});

it("shows a new secret once", async () => {
  show();
  fireEvent.click(await screen.findByRole("button", { name: "Add webhook" }));
  fireEvent.change(screen.getByLabelText("Address"), { target: { value: "https://a.example.com " } });
  fireEvent.click(screen.getByRole("checkbox", { name: "deleted" }));
  fireEvent.click(screen.getByRole("button", { name: "Add" }));
  expect((await screen.findByLabelText("Secret")).textContent).toBe("whsec_c2VjcmV0");
  expect(calls).toContainEqual({
    method: "POST",
    path: "/api/webhooks",
    body: { url: "https://a.example.com", description: "", prefix: "", states: ["done", "failed"] },
  });
  fireEvent.click(screen.getByRole("button", { name: "I have copied it" }));
  expect(screen.queryByText("whsec_c2VjcmV0")).toBeNull();
});

it("shows why an address is refused, next to its field", async () => {
  saved = { status: 422, body: { title: "Invalid", detail: "url: leads to a private address" } };
  show();
  fireEvent.click(await screen.findByRole("button", { name: "Add webhook" }));
  fireEvent.change(screen.getByLabelText("Address"), { target: { value: "https://intern.example.com" } });
  fireEvent.click(screen.getByRole("button", { name: "Add" }));
  expect((await screen.findByRole("alert")).textContent).toContain("leads to a private address");
  expect(screen.getByLabelText("Address").getAttribute("aria-invalid")).toBe("true");
});

it("sends a time window again, and refuses one that ends before it begins", async () => {
  saved = { status: 202, body: { deliveries: 3 } };
  show();
  await rows("Webhooks");
  fireEvent.click(screen.getByRole("button", { name: "Actions on hooks.example.com" }));
  fireEvent.click(screen.getByRole("menuitem", { name: "Send again …" }));
  const send = screen.getByRole("button", { name: "Send again" });
  fireEvent.change(screen.getByLabelText("From"), { target: { value: "2026-11-29T09:00" } });
  fireEvent.change(screen.getByLabelText("To"), { target: { value: "2026-11-29T08:00" } });
  expect(send).toHaveProperty("disabled", true);
  fireEvent.change(screen.getByLabelText("To"), { target: { value: "2026-11-29T10:00" } });
  fireEvent.click(send);
  await vi.waitFor(() => expect(calls.map(({ path }) => path)).toContain("/api/webhooks/1/replays"));
  const sent = calls.find(({ path }) => path.endsWith("replays"))?.body;
  expect(sent).toEqual({
    since: new Date("2026-11-29T09:00").toISOString(),
    until: new Date("2026-11-29T10:00").toISOString(),
    states: ["done", "failed"],
  });
});
