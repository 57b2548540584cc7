import { gzipSync } from "node:zlib";
import type { Page } from "@playwright/test";
import { expect, sample, test, untilIdle, upload, uploadRow } from "./board";
import { expectNoFaults } from "./faults";

/** All but the page of a video, whose address depends on the video. */
const PAGES = ["/", "/gallery", "/videos", "/failures", "/history", "/logs", "/webhooks", "/settings", "/login"];
const FIRST_LOAD_BYTES = 200_000;
const LAYOUT_SHIFT = 0.02;
const QUIET_MS = 500;

test.use({ hasScene: true });

/** Return a function that waits until the page has had no request for a while, also after a link was followed. */
function watchRequests(page: Page): () => Promise<void> {
  let [open, endedMs] = [0, Date.now()];
  const end = () => {
    open -= 1;
    endedMs = Date.now();
  };
  page.on("request", () => (open += 1));
  page.on("requestfinished", end);
  page.on("requestfailed", end);
  return () => expect.poll(() => open <= 0 && Date.now() - endedMs >= QUIET_MS, { intervals: [100] }).toBe(true);
}

/** Open another page as its link does: the browser compiles neither the dashboard nor axe again. */
async function follow(page: Page, path: string): Promise<void> {
  await page.evaluate((to) => {
    const { next } = window as unknown as { next: { router: { push: (path: string) => void } } };
    next.router.push(to);
  }, path);
  await expect(page).toHaveURL(path);
}

test("axe finds nothing in both themes, wide and narrow", async ({ board, page, demo }) => {
  await upload(board, sample(demo, "axe.3gp"));
  await expect(uploadRow(board, "axe").getByRole("img")).toHaveCount(3);
  await untilIdle(board);
  const first = page.getByRole("region", { name: "Latest videos" }).getByRole("link").nth(1);
  const video = (await first.getAttribute("href")) ?? "/video";
  const key = new URL(video, page.url()).searchParams.get("key") ?? "";
  const lightbox = `/gallery?show=${encodeURIComponent(key)}`;
  const untilQuiet = watchRequests(page);
  // Without the list of uploads, which another test checks.
  await page.goto("/");
  for (const path of [...PAGES, video, lightbox]) {
    await follow(page, path);
    // While React takes over the page of the server, it can have the heading twice.
    await expect(page.getByRole("heading", { level: 1, includeHidden: true }).first()).toBeAttached();
    // A candidate for the poster is chosen: the buttons below it are enabled.
    if (path === video) await page.getByRole("region", { name: "Poster" }).locator("label").first().click();
    if (path === lightbox) await expect(page.getByRole("slider")).toBeVisible();
    await untilQuiet();
    await expectNoFaults(page, path);
  }
});

test("shows dialogs, palette, filters and uploads without faults on phones too", async ({ board, page, demo }) => {
  await upload(board, sample(demo, "overlay.3gp"));
  await expect(uploadRow(board, "overlay").getByRole("img")).toHaveCount(3);
  await board.getByRole("navigation").getByRole("link", { name: "Videos" }).click();
  await board.getByRole("button", { name: "Filters" }).click();
  await board.getByRole("checkbox", { name: "Select overlay.3gp" }).check();
  await expect(board.getByRole("button", { name: "Delete …" })).toBeVisible();
  await expectNoFaults(page, "uploads, filters and selection");
  // On a phone, the page scrolls until the list of uploads hides nothing of its end.
  await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
  const [content, list] = [page.getByRole("main"), page.getByRole("region", { name: "Uploads" })];
  const [{ y, height }, { y: topPx }] = [(await content.boundingBox())!, (await list.boundingBox())!];
  expect(y + height).toBeLessThanOrEqual(topPx);
  const fromMenu = async (item: string) => {
    await board.getByRole("button", { name: "More actions" }).click();
    await board.getByRole("menuitem", { name: item }).click();
  };
  const overlays: Readonly<Record<string, () => Promise<void>>> = {
    "Search and commands": () => board.keyboard.press("Control+k"),
    Keys: () => board.keyboard.press("?"),
    "Test pipeline": () => board.getByRole("button", { name: "Test pipeline" }).click(),
    Reconcile: () => fromMenu("Reconcile"),
    "Pause processing": () => fromMenu("Pause processing"),
    "Purge everything": () => fromMenu("Purge"),
    // Of the selected video.
    "Make the thumbnails again": () => board.getByRole("button", { name: "Regenerate" }).click(),
    "Delete 1 video": () => board.getByRole("button", { name: "Delete …" }).click(),
  };
  for (const [name, open] of Object.entries(overlays)) {
    await open();
    await expect(board.getByRole("dialog", { name })).toBeVisible();
    await expectNoFaults(page, name);
    await board.keyboard.press("Escape");
    await expect(board.getByRole("dialog")).toHaveCount(0);
  }
});

test("keeps the first load of every page small", async ({ request }) => {
  const sizes = new Map<string, number>();
  for (const path of [...PAGES, "/video?key=uploads/a.mp4"]) {
    const html = await (await request.get(path)).text();
    // Scripts marked noModule are for old browsers; current ones do not load them.
    const tags = (html.match(/<script[^>]+src="[^"]+"[^>]*>/g) ?? []).filter((tag) => !/nomodule/i.test(tag));
    const scripts = new Set(tags.map((tag) => /src="([^"]+)"/.exec(tag)?.[1] ?? ""));
    expect(scripts.size, path).toBeGreaterThan(2);
    let total = 0;
    for (const source of scripts) {
      if (!sizes.has(source)) sizes.set(source, gzipSync(await (await request.get(source)).body()).length);
      total += sizes.get(source) ?? 0;
    }
    console.log(`first load of ${path}: ${(total / 1000).toFixed(1)} kB gz`);
    expect(total, path).toBeLessThan(FIRST_LOAD_BYTES);
  }
});

test("keeps the layout stable and the security policy unbroken", async ({ board, page }) => {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (/Content.Security.Policy|Refused to/i.test(message.text())) complaints.push(message.text());
  });
  await page.addInitScript(() => {
    const shift = { score: 0, moved: [] as string[] };
    Object.assign(window, { shift });
    interface Source {
      node?: Node | null;
      previousRect: DOMRectReadOnly;
      currentRect: DOMRectReadOnly;
    }
    const describe = ({ node, previousRect: before, currentRect: after }: Source) =>
      `${(node instanceof Element ? node.outerHTML : (node?.textContent ?? "")).slice(0, 120)}: ` +
      `${before.x},${before.y} ${before.width}x${before.height} to ${after.x},${after.y} ${after.width}x${after.height}`;
    new PerformanceObserver((list) => {
      type Shift = PerformanceEntry & { value: number; hadRecentInput: boolean; sources?: Source[] };
      for (const entry of list.getEntries() as Shift[]) {
        if (entry.hadRecentInput) continue;
        shift.score += entry.value;
        shift.moved.push(
          `${entry.value.toFixed(4)} at ${entry.startTime.toFixed(0)} ms`,
          ...(entry.sources ?? []).map(describe),
        );
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  await expect(board.getByRole("status", { name: "Connection" })).toHaveText("LIVE");
  for (const path of PAGES.filter((one) => one !== "/login")) {
    await page.goto(path);
    await page.waitForTimeout(2500);
    const { score, moved } = await page.evaluate(
      () => (window as unknown as { shift: { score: number; moved: string[] } }).shift,
    );
    console.log(`layout shift of ${path}: ${score.toFixed(3)}`);
    expect(score, `${path}\n${moved.join("\n")}`).toBeLessThan(LAYOUT_SHIFT);
  }
  expect(complaints).toEqual([]);
});

test("the reference of the api asks no other host and breaks no policy", async ({ page, baseURL }) => {
  const [others, complaints]: [string[], string[]] = [[], []];
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (/^(https?|wss?):$/.test(protocol) && origin !== baseURL) others.push(request.url());
  });
  page.on("console", (message) => complaints.push(message.text()));
  await page.goto("/docs");
  await expect(page.getByRole("link", { name: /API docs by Redocly/ })).toBeVisible();
  await expect(page.getByRole("heading", { name: "List videos, the newest or the oldest first" })).toBeAttached();
  await page.waitForLoadState("networkidle");
  expect({ others, complaints }).toEqual({ others: [], complaints: [] });
});
