// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { SettingsPage } from "./settings-page";

vi.mock("next/navigation", () => ({
  usePathname: () => "/settings",
  useSearchParams: () => new URLSearchParams(window.location.search),
}));

const ITEMS = [
  { name: "URL_LIFETIME_S", value: "900", source: "default", default: "900", description: "Lifetime of URLs." },
  { name: "S3_BUCKET", value: "films", source: "environment", default: null, description: "Bucket with videos." },
  { name: "AUTH_TOKENS", value: null, source: "environment", default: null, description: "Tokens.", is_secret: true },
];

beforeEach(() => vi.stubGlobal("fetch", () => Promise.resolve(Response.json({ items: ITEMS }))));
afterEach(() => {
  cleanup();
  window.history.replaceState(null, "", "/settings");
});

async function rows() {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <SettingsPage />
    </QueryClientProvider>,
  );
  return (await screen.findAllByRole("listitem")).map(({ textContent }) => textContent);
}

it("shows value, source and meaning, and no secret", async () => {
  expect(await rows()).toEqual([
    "URL_LIFETIME_S900DefaultLifetime of URLs.",
    "S3_BUCKETfilmsSet by the deploymentBucket with videos.",
    "AUTH_TOKENS(secret)Set by the deploymentTokens.",
  ]);
});

it("finds settings by meaning and by source in the address", async () => {
  window.history.replaceState(null, "", "/settings?source=environment");
  expect(await rows()).toHaveLength(2);
  fireEvent.change(screen.getByLabelText("Search settings"), { target: { value: "BUCKET with" } });
  expect(screen.getAllByRole("listitem").map(({ textContent }) => textContent)).toEqual([
    expect.stringContaining("S3_BUCKET"),
  ]);
  fireEvent.change(screen.getByLabelText("Search settings"), { target: { value: "nothing like it" } });
  expect(screen.getByText("No settings found")).toBeTruthy();
});
