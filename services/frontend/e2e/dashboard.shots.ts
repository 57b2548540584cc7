/** Pictures for the documentation: ./noxw screenshots writes docs/images/overview.webp and dashboard-*.webp. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { expect, test, untilIdle } from "./board";
import { IMAGES, run } from "./pictures";
import { Receiver } from "./receiver";
import { makeTemporaryFolder } from "./temporary";

/** With E2E_ALL=1, take every page in every width, theme and number of videos, for review only. */
const isAll = process.env.E2E_ALL === "1";
/** With E2E_ONLY=gallery|history, write only the pictures whose name matches. */
const ONLY = new RegExp(process.env.E2E_ONLY ?? "");
const WIDE = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

const THUMBNAIL_NUMBERS = [1, 2, 3];
const videoPage = `/video?key=${encodeURIComponent("uploads/Harbour at dawn.mp4")}`;
const lightbox = (atS: number) => `/gallery?show=${encodeURIComponent("uploads/Harbour at dawn.mp4")}&at=${atS}`;

const image = (type: string, data: Buffer) => `<img src="data:image/${type};base64,${data.toString("base64")}">`;

/** The README's picture: the dashboard beside the thumbnails of one video. */
function besideThumbnails(dashboard: Buffer, thumbnails: Buffer[]): string {
  return `<style>
      body { margin: 0; padding: 24px; display: flex; gap: 24px; width: 1476px; background: #020409 }
      body > img { width: 1080px; height: 675px; border-radius: 8px }
      div { display: flex; flex-direction: column; justify-content: space-between }
      div > img { width: 372px; border-radius: 8px }
    </style>
    ${image("png", dashboard)}<div>${thumbnails.map((data) => image("jpeg", data)).join("")}</div>`;
}

/** Phones in a row, on a background that both themes stand out from. */
function inRow(phones: Buffer[]): string {
  return `<style>
      body { margin: 0; padding: 20px; display: flex; gap: 20px; background: #7d8590 }
      img { width: ${PHONE.width}px; height: ${PHONE.height}px; border-radius: 20px }
    </style>
    ${phones.map((data) => image("png", data)).join("")}`;
}

/** Draw a page of pictures, and return it as one picture. */
async function compose(page: Page, html: string, width: number, height: number): Promise<Buffer> {
  const canvas = await page.context().newPage();
  await canvas.setViewportSize({ width, height });
  await canvas.setContent(html);
  const picture = await canvas.screenshot();
  await canvas.close();
  return picture;
}

/** Start a test of the pipeline, and return while its videos are processed. */
async function startTest(page: Page): Promise<void> {
  await page.goto("/");
  await page.getByRole("button", { name: "Test pipeline" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Start the test" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  await expect(page.getByText("2 of 2 busy")).toBeVisible();
}

/** Take a picture while webhooks get events: one accepts them, one refuses them, one is off. */
async function withWebhooks(page: Page, take: () => Promise<void>): Promise<void> {
  const accepting = await Receiver.start();
  const refusing = await Receiver.start();
  refusing.status = 503;
  const { request } = page;
  const ids: string[] = [];
  for (const data of [
    { url: refusing.url, description: "Chat of the editors", states: ["failed"] },
    { url: refusing.url, description: "Search index", prefix: "uploads/lectures/" },
    { url: accepting.url, description: "Media library" },
  ]) {
    const { id } = (await (await request.post("/api/webhooks", { data })).json()) as { id: string };
    ids.push(id);
  }
  await request.patch(`/api/webhooks/${ids[0]}`, { data: { enabled: false } });
  for (const key of ["uploads/Harbour at dawn.mp4", "uploads/phone/IMG_0042.MOV", "uploads/lectures/Lecture 01.mkv"])
    await request.post(`/api/videos/${encodeURIComponent(key)}/regenerations`, { data: {} });
  await expect.poll(() => accepting.messages.length, { timeout: 120_000 }).toBeGreaterThanOrEqual(3);
  await expect.poll(() => refusing.messages.length, { timeout: 120_000 }).toBeGreaterThanOrEqual(1);
  await take();
  for (const id of ids) await request.delete(`/api/webhooks/${id}`);
  accepting.stop();
  refusing.stop();
}

test("takes the pictures of the documentation", async ({ board, page, demo }) => {
  test.setTimeout(1_800_000);
  const folder = makeTemporaryFolder("dashboard-pictures-");
  const keep = async (name: string, width: number, picture?: Buffer) => {
    if (!ONLY.test(name)) return;
    const file = join(folder, `${name}.png`);
    if (picture) writeFileSync(file, picture);
    else await page.screenshot({ path: file, fullPage: isAll });
    run("pictures.py", "still", file, join(IMAGES, `${name}.webp`), String(width));
  };
  const open = async (path: string, size: typeof WIDE, colorScheme: "light" | "dark") => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(size);
    await page.goto(path);
    await expect(page.getByRole("status", { name: "Connection", includeHidden: true })).toHaveText("LIVE");
    await page.waitForLoadState("networkidle").catch(() => undefined);
    // Charts below the window are loaded when they come near it.
    await page.waitForFunction(() =>
      [...document.querySelectorAll("main .animate-pulse")].every(
        (one) => one.getBoundingClientRect().top > window.innerHeight,
      ),
    );
    if (path === "/") await expect(page.getByRole("link", { name: /^Workers/ })).toBeVisible();
    // Transitions, and the scene's screens.
    await page.waitForTimeout(2500);
    await page.waitForFunction(() =>
      [...document.images].every((one) => one.complete || one.getBoundingClientRect().top > window.innerHeight),
    );
  };
  const shot = async (name: string, path: string, colorScheme: "light" | "dark") => {
    if (!ONLY.test(name)) return;
    await open(path, WIDE, colorScheme);
    await keep(`dashboard-${name}`, WIDE.width);
  };
  const all = async (amount: string, paths: Readonly<Record<string, string>>) => {
    if (!isAll) return;
    for (const [name, path] of Object.entries(paths)) {
      for (const size of [WIDE, { width: 1024, height: 900 }, PHONE]) {
        for (const theme of ["dark", "light"] as const) {
          await open(path, size, theme);
          await keep(`review-${name}-${amount}-${size.width}-${theme}`, size.width);
        }
      }
    }
  };
  const takePoster = async () => {
    if (!ONLY.test("dashboard-poster")) return;
    run("pictures.py", "labelled", folder);
    await demo.put(["uploads/Interview.mp4", join(folder, "interview-0.mp4")]);
    await expect(async () => {
      await open(`/video?key=${encodeURIComponent("uploads/Interview.mp4")}`, WIDE, "light");
      await expect(page.getByRole("region", { name: "Poster" })).toBeVisible({ timeout: 1000 });
    }).toPass();
    const card = page.getByRole("region", { name: "Poster" });
    await card.getByRole("slider").fill("10.5");
    await expect(card).toContainText("The exact frame");
    await keep("dashboard-poster", WIDE.width, await card.screenshot());
  };
  const takePhones = async () => {
    const phones: Buffer[] = [];
    if (!ONLY.test("dashboard-phone")) return Buffer.of();
    for (const [path, theme] of [
      ["/", "dark"],
      ["/gallery", "light"],
      [lightbox(4), "dark"],
      ["/videos", "light"],
      ["/history?range=7d", "dark"],
    ] as const) {
      await open(path, PHONE, theme);
      phones.push(await page.screenshot());
    }
    const rowWidth = phones.length * (PHONE.width + 20) + 20;
    return compose(page, inRow(phones), rowWidth, PHONE.height + 40);
  };
  const pages = { overview: "/", gallery: "/gallery", videos: "/videos", failures: "/failures", video: videoPage };

  await untilIdle(board);
  if (["history", "dashboard-phone"].some((name) => ONLY.test(name))) run("seed.py", demo.data, "history");
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ colorScheme: "dark" });
  if (ONLY.test("dashboard-overview")) {
    await startTest(page);
    await page.waitForTimeout(1500);
    const dashboard = await page.screenshot();
    await keep("dashboard-overview", WIDE.width);
    await untilIdle(board);
    const thumbnails = THUMBNAIL_NUMBERS.map((number) =>
      readFileSync(join(demo.data, "thumbnails", `Harbour at dawn_${number}.jpg`)),
    );
    await keep("overview", 1524, await compose(page, besideThumbnails(dashboard, thumbnails), 1524, 723));
  }

  await shot("video", videoPage, "light");
  await takePoster();
  await shot("gallery", "/gallery", "dark");
  await shot("lightbox", lightbox(4), "dark");
  await shot("history", "/history?range=7d", "light");
  await shot("logs", "/logs", "dark");
  if (ONLY.test("webhooks")) await withWebhooks(page, () => shot("webhooks", "/webhooks", "light"));
  await shot("settings", "/settings", "light");
  await all("few", {
    ...pages,
    lightbox: lightbox(4),
    history: "/history",
    logs: "/logs",
    webhooks: "/webhooks",
    settings: "/settings",
  });
  await keep("dashboard-phone", WIDE.width, await takePhones());
  if (!/videos|failures/.test(process.env.E2E_ONLY ?? "videos")) return;
  run("seed.py", demo.data, "videos", "400");
  await shot("videos", "/videos", "light");
  await shot("failures", "/failures", "dark");
  await all("many", pages);

  if (!isAll) return;
  await page.goto("/");
  await page.evaluate(async () => {
    const { confirmation } = await (await fetch("/api/purge")).json();
    await fetch(`/api/purge?confirmation=${encodeURIComponent(confirmation)}`, { method: "DELETE" });
  });
  await expect(page.getByText("No thumbnails yet")).toBeVisible({ timeout: 240_000 });
  await all("none", { overview: "/", gallery: "/gallery", videos: "/videos", failures: "/failures" });
});
