// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Palette } from "./palette";

const push = vi.fn();
vi.mock("next/navigation", () => ({ useRouter: () => ({ push }) }));

const VIDEO = { key: "uploads/trip/harbour.mp4", state: "done" };
const onClose = vi.fn();

beforeEach(() => {
  vi.stubGlobal("fetch", (input: RequestInfo | URL) => {
    const isConfig = String(input).startsWith("/api/config");
    const items = String(input).includes("q=unknown") ? [] : [VIDEO];
    return Promise.resolve(Response.json(isConfig ? { role: "viewer", auth_mode: "none" } : { items }));
  });
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe = () => undefined;
      unobserve = () => undefined;
      disconnect = () => undefined;
    },
  );
  Element.prototype.scrollIntoView = () => undefined;
  // jsdom has no modal dialogs.
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
    this.querySelector<HTMLElement>("[tabindex]")?.focus();
  };
  push.mockClear();
  onClose.mockClear();
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Palette onClose={onClose} />
    </QueryClientProvider>,
  );
});
afterEach(cleanup);

const type = (value: string) => fireEvent.change(screen.getByRole("combobox"), { target: { value } });
const press = (key: string) => fireEvent.keyDown(screen.getByRole("combobox"), { key });

it("goes to the page that the text names", async () => {
  type("failu");
  await vi.waitFor(() => expect(screen.getAllByRole("option")).toHaveLength(2), { timeout: 120_000 });
  fireEvent.click(screen.getByRole("option", { name: "Failures" }));
  expect(push).toHaveBeenCalledExactlyOnceWith("/failures");
  expect(onClose).toHaveBeenCalled();
});

it("goes to a video that the api has found, by Enter", async () => {
  type("hàrb");
  expect(await screen.findByRole("option", { name: /harbour/ })).toBeTruthy();
  expect(screen.getByRole("option", { selected: true }).textContent).toContain("harbour");
  press("Enter");
  expect(push).toHaveBeenCalledExactlyOnceWith("/video?key=uploads%2Ftrip%2Fharbour.mp4");
});

it("says that nothing was found only if no video was found either", async () => {
  type("hàrb");
  expect(await screen.findByRole("option", { name: /harbour/ })).toBeTruthy();
  expect(screen.queryByText(/Nothing found/)).toBeNull();
  type("unknown");
  expect(await screen.findByText(/Nothing found/)).toBeTruthy();
});

it("takes the focus into its field", () => {
  expect(document.activeElement).toBe(screen.getByRole("combobox"));
});

it("offers a viewer no upload and no test", () => {
  expect(screen.getByRole("option", { name: "Overview" })).toBeTruthy();
  expect(screen.queryByRole("option", { name: "Upload" })).toBeNull();
  expect(screen.queryByRole("option", { name: "Test pipeline" })).toBeNull();
});
