// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { SettingsPage } from "./settings-page";

vi.mock("next/navigation", () => ({
  usePathname: () => "/settings",
  useSearchParams: () => new URLSearchParams(window.location.search),
}));

const LIFETIME = {
  name: "URL_LIFETIME_S",
  value: "900",
  source: "default",
  default: "900",
  description: "Lifetime of URLs.",
};
const BUCKET = { name: "S3_BUCKET", value: "films", source: "environment", default: null, description: "A bucket." };
const TOKENS = {
  name: "AUTH_TOKENS",
  value: null,
  source: "environment",
  default: null,
  description: "Tokens.",
  is_secret: true,
};
const NAME = {
  name: "WORKER_NAME",
  value: null,
  source: "default",
  default: null,
  description: "Name.",
  is_per_process: true,
};
const ADDRESS = {
  name: "API_BASE_URL",
  value: "http://127.0.0.1:8000",
  source: "environment" as const,
  default: null,
  description: "Address.",
  is_secret: false,
  is_per_process: false,
};
const WIDTH = { name: "WIDTH", value: "640", source: "default", default: "640", description: "Width." };

function variantOf(version: string, time: string, items: readonly object[]) {
  return { version, seen_at: new Date(`2026-11-30T${time}`).toISOString(), items };
}

const WORKER = {
  service: "worker",
  is_running: true,
  variants: [variantOf("0.1.0", "08:15:03", [NAME, WIDTH])],
  error: null as string | null,
};
const API = {
  service: "api",
  is_running: true,
  variants: [variantOf("0.1.0", "08:16:00", [LIFETIME, BUCKET, TOKENS])],
  error: null,
};
const FRAMES = {
  service: "frames",
  is_running: true,
  variants: [variantOf("0.1.0", "08:25:04", [BUCKET])],
  error: null,
};

let services: object[];

beforeEach(() => {
  services = [WORKER, API, FRAMES];
  vi.stubGlobal("fetch", () => Promise.resolve(Response.json({ services })));
});
afterEach(() => {
  cleanup();
  window.history.replaceState(null, "", "/settings");
});

async function open(): Promise<void> {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <SettingsPage dashboard={[ADDRESS]} />
    </QueryClientProvider>,
  );
  await screen.findAllByRole("region");
}

function rowsOf(service: string): (string | null)[] {
  const region = screen.getByRole("region", { name: service });
  return within(region)
    .getAllByRole("listitem")
    .map(({ textContent }) => textContent);
}

function regions(): (string | null)[] {
  return screen.queryAllByRole("region").map((region) => region.getAttribute("aria-label"));
}

it("shows value, source and meaning of each service, and no secret", async () => {
  await open();
  expect(regions()).toEqual(["Worker", "Api", "Frames", "Dashboard"]);
  expect(rowsOf("Worker")).toEqual(["WORKER_NAME (each process has its own)DefaultName.", "WIDTH 640DefaultWidth."]);
  expect(rowsOf("Api")).toEqual([
    "URL_LIFETIME_S 900DefaultLifetime of URLs.",
    "S3_BUCKET filmsSet by the deploymentA bucket.",
    "AUTH_TOKENS (secret)Set by the deploymentTokens.",
  ]);
  expect(rowsOf("Frames")).toHaveLength(1);
  expect(rowsOf("Dashboard")).toEqual(["API_BASE_URL http://127.0.0.1:8000Set by the deploymentAddress."]);
  expect(screen.getByText(/^Version 0.1.0, last reported .*08:15(:03)?$/)).toBeTruthy();
  expect(screen.getByText("Version 0.1.0, of the process that answered")).toBeTruthy();
});

it("finds settings of all services by meaning, and by service and source in the address", async () => {
  window.history.replaceState(null, "", "/settings?source=environment");
  await open();
  expect(regions()).toEqual(["Api", "Frames", "Dashboard"]);
  expect(rowsOf("Api")).toHaveLength(2);
  fireEvent.change(screen.getByLabelText("Search settings"), { target: { value: "a BUCKET" } });
  expect(rowsOf("Api")).toEqual([expect.stringContaining("S3_BUCKET")]);
  fireEvent.change(screen.getByLabelText("Search settings"), { target: { value: "nothing like it" } });
  expect(screen.getByText("No settings found")).toBeTruthy();
  cleanup();
  window.history.replaceState(null, "", "/settings?service=frames");
  await open();
  expect(regions()).toEqual(["Frames"]);
});

it("says which running processes differ and how", async () => {
  const changed = { ...WIDTH, value: "320", source: "environment" };
  services = [
    {
      ...WORKER,
      variants: [variantOf("0.2.0", "08:15:03", [NAME, changed]), variantOf("0.1.0", "08:14:00", [NAME, WIDTH])],
    },
    API,
  ];
  await open();
  const worker = screen.getByRole("region", { name: "Worker" });
  expect(worker.textContent).toContain("Running processes have different versions or values");
  expect(worker.textContent).toMatch(/A: version 0.2.0, last reported .*B: version 0.1.0, last reported /);
  expect(rowsOf("Worker")).toEqual([
    "WIDTH DiffersA: 320Set by the deployment; default: 640B: 640DefaultWidth.",
    "WORKER_NAME (each process has its own)DefaultName.",
  ]);
  // A pipeline without the frames service has no such filter.
  expect(screen.getAllByRole("radio").map((radio) => (radio as HTMLInputElement).value)).toEqual([
    "",
    "worker",
    "api",
    "dashboard",
    "",
    "environment",
    "default",
  ]);
});

it("says why a service has no settings or none that are in force", async () => {
  services = [{ ...WORKER, is_running: false, variants: [] }, API, { ...FRAMES, is_running: false }];
  await open();
  expect(screen.getByText(/^No worker has published its settings yet/)).toBeTruthy();
  expect(screen.getByText(/^No process is running\. Version 0\.1\.0, last reported /)).toBeTruthy();
  fireEvent.change(screen.getByLabelText("Search settings"), { target: { value: "width" } });
  expect(regions()).toEqual(["Worker"]);
  cleanup();
  services = [{ ...WORKER, is_running: false, variants: [], error: "The videos table does not answer." }, API];
  await open();
  expect(screen.getByText("The settings could not be read. The videos table does not answer.")).toBeTruthy();
  expect(rowsOf("Api")).toHaveLength(3);
});
