/** Playwright fixtures: the demo, a page that is logged in, and the windows and themes of flows. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test as base, expect, type Page, type TestInfo } from "@playwright/test";
import { Demo } from "./demo";
import { makeTemporaryFolder } from "./temporary";

export interface Board {
  /** A page that is logged in, and has no address yet. */
  visitor: Page;
  /** The overview page, logged in. */
  board: Page;
  /**
   * False for tests that are not about the scene, which takes most of a page's CPU time when it is drawn in software:
   * WebGL is missing, so that the page shows the scene's text, and nothing is animated.
   */
  hasScene: boolean;
  /** Part of the names of files of a flow, which another view of the same flow has not used. */
  suffix: string;
}

const VIEWS = ["1440-light", "390-dark", "1440-dark", "390-light"] as const;
type View = (typeof VIEWS)[number];

/** Views of the flows in this run: both widths and both themes, or the one in E2E_VIEW. */
const CHOSEN = VIEWS.filter((view, index) => (process.env.E2E_VIEW ? view === process.env.E2E_VIEW : index < 2));
if (CHOSEN.length === 0) throw new Error(`E2E_VIEW is one of ${VIEWS.join(", ")}.`);

function viewOf({ tags }: TestInfo): View | undefined {
  return VIEWS.find((view) => tags.includes(`@${view}`));
}

export const test = base.extend<Board, { demo: Demo }>({
  demo: [
    async ({}, use) => {
      const demo = await Demo.start();
      await use(demo);
      await demo.stop();
    },
    { scope: "worker", timeout: 600_000 },
  ],
  baseURL: async ({ demo }, use) => use(demo.endpoints.dashboard),
  hasScene: [true, { option: true }],
  suffix: async ({}, use, info) => use(viewOf(info) === CHOSEN[0] ? "" : ` ${viewOf(info)}`),
  viewport: async ({ viewport }, use, info) => {
    const view = viewOf(info);
    await use(view ? { width: Number.parseInt(view), height: 900 } : viewport);
  },
  colorScheme: async ({ colorScheme }, use, info) => use(viewOf(info)?.endsWith("dark") ? "dark" : colorScheme),
  page: async ({ page, hasScene }, use) => {
    if (!hasScene) {
      await page.emulateMedia({ reducedMotion: "reduce" });
      await page.addInitScript(() => {
        const { getContext } = HTMLCanvasElement.prototype;
        HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, ...given: unknown[]) {
          return String(given[0]).startsWith("webgl") ? null : Reflect.apply(getContext, this, given);
        } as typeof getContext;
      });
    }
    await use(page);
  },
  visitor: async ({ page, demo }, use) => {
    // Without the page of the login, which has tests of its own. An api that was killed is starting.
    await expect(async () => {
      expect((await page.request.post("/api/session", { data: { token: demo.token.trim() } })).ok()).toBe(true);
    }).toPass({ timeout: 120_000 });
    await use(page);
  },
  board: async ({ visitor }, use) => {
    await visitor.goto("/");
    await expect(visitor.getByRole("status", { name: "Connection" })).toHaveText("LIVE");
    await use(visitor);
  },
});

export { expect };

type Body = Parameters<typeof test>[2];

/** Test what a user does: wide and light, and narrow and dark. */
export function flow(title: string, body: Body): void {
  for (const view of CHOSEN) test(`${title}, ${view}`, { tag: ["@flow", `@${view}`] }, body);
}

/** Test a flow that takes much CPU time: wide and light only. With E2E_VIEW, nightly runs take each view. */
export function longFlow(title: string, body: Body): void {
  for (const view of CHOSEN.slice(0, 1)) test(`${title}, ${view}`, { tag: ["@flow", `@${view}`] }, body);
}

const folder = makeTemporaryFolder("dashboard-e2e-");

/** Write a file with this name and content for the file picker, and return its path. */
export function file(name: string, content: Buffer | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Copy one of the demo's samples under another name, and return the path. */
export function sample(demo: Demo, name: string, of = "phone/2007.3gp"): string {
  return file(name, readFileSync(join(demo.data, "samples", of)));
}

/** Write a valid MP4 of `sizeBytes`, padded with a `free` box that players skip, and return its path. */
export function largeVideo(demo: Demo, name: string, sizeBytes: number): string {
  const video = readFileSync(join(demo.data, "samples", "Harbour at dawn.mp4"));
  const box = Buffer.alloc(sizeBytes - video.length);
  box.writeUInt32BE(box.length, 0);
  box.write("free", 4, "ascii");
  return file(name, Buffer.concat([video, box]));
}

/** Beyond 100 MiB, from which on the api lets a file be sent in parts of 16 MiB: seven of them. */
export const LARGE_BYTES = 110_000_000;
const SMALL_PART_BYTES = 1_000_000;

export async function upload(page: Page, ...paths: string[]): Promise<void> {
  await page.locator("header input[type=file]").setInputFiles(paths);
  await unfoldUploads(page);
}

/** Show the list of uploads, which is folded on a phone until somebody unfolds it. */
export async function unfoldUploads(page: Page): Promise<void> {
  const list = page.getByRole("region", { name: "Uploads" });
  await expect(list).toBeVisible();
  const folded = list.getByRole("button", { name: "Show the uploads" });
  if (await folded.isVisible()) await folded.click();
}

/**
 * Upload a video in as many parts as one of `LARGE_BYTES`, but smaller ones. While a page has a route, Playwright copies
 * the body of each of its requests through three processes: 40 s of CPU time for a large file.
 */
export async function uploadInSmallParts(page: Page, demo: Demo, name: string): Promise<void> {
  await page.route("**/api/uploads", async (route) => {
    const asked = route.request().postDataJSON() as object;
    const answer = await route.fetch({ postData: { ...asked, size_bytes: LARGE_BYTES } });
    const ticket = (await answer.json()) as object;
    await route.fulfill({ response: answer, json: { ...ticket, part_size_bytes: SMALL_PART_BYTES } });
  });
  await upload(page, largeVideo(demo, name, 6.5 * SMALL_PART_BYTES));
}

/** Answer the page's request for its list with this number of videos, which have no pictures. */
export async function serveVideos(page: Page, count: number): Promise<void> {
  await page.route("**/api/videos?*", async (route) => {
    const items = Array.from({ length: count }, (_, index) => ({
      key: `uploads/video ${index}.mp4`,
      thumbnails: [],
      size_bytes: index,
      state: "done",
      duration_s: 60,
      started_at: "2026-01-01T00:00:00Z",
      finished_at: "2026-01-01T00:00:01Z",
      queued_at: "2026-01-01T00:00:00Z",
    }));
    await route.fulfill({ json: { items, next_cursor: null } });
  });
}

/** Locate the row of an upload in the tray by its file name. */
export function uploadRow(page: Page, name: string) {
  return page.getByRole("region", { name: "Uploads" }).getByRole("listitem").filter({ hasText: name });
}

/** Wait until the demo has no videos waiting or processing. */
export async function untilIdle(page: Page): Promise<void> {
  await expect(async () => {
    const metrics = await page.evaluate(
      async () => (await fetch("/api/metrics")).json() as Promise<{ videos: Record<string, number> }>,
    );
    const queue = await page.evaluate(
      async () => (await fetch("/api/queue")).json() as Promise<{ visible: number; in_flight: number }>,
    );
    expect([metrics.videos.processing ?? 0, queue.visible, queue.in_flight]).toEqual([0, 0, 0]);
  }).toPass({ timeout: 240_000, intervals: [500] });
}
