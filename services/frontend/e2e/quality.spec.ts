import AxeBuilder from "@axe-core/playwright";
import { gzipSync } from "node:zlib";
import { expect, sample, test, untilIdle, upload, uploadRow } from "./board";

const PAGES = ["/", "/gallery", "/videos", "/failures", "/login"];
const FIRST_LOAD_BYTES = 200_000;
const LAYOUT_SHIFT = 0.05;

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1440, 390]) {
    test(`axe finds nothing, ${colorScheme}, ${width} px`, async ({ board, page, demo }) => {
      await upload(board, sample(demo, `axe ${colorScheme} ${width}.3gp`));
      await expect(uploadRow(board, "axe").getByRole("img")).toHaveCount(3);
      await untilIdle(board);
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      const first = page.getByRole("region", { name: "Latest thumbnails" }).getByRole("link").nth(1);
      await page.goto("/");
      const video = (await first.getAttribute("href")) ?? "/video";
      for (const path of [...PAGES, video]) {
        await page.goto(path);
        await expect(page.getByRole("heading", { level: 1 })).toBeAttached();
        await page.waitForLoadState("networkidle").catch(() => undefined);
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => `${path}: ${id}: ${nodes.map(({ html }) => html).join("\n")}`)).toEqual([]);
      }
    });
  }
}

test("the first load is small, and the scene comes later", async ({ request }) => {
  const html = await (await request.get("/")).text();
  // What is marked noModule is for browsers that know no modules: no browser of these years loads it.
  const tags = (html.match(/<script[^>]+src="[^"]+"[^>]*>/g) ?? []).filter((tag) => !/nomodule/i.test(tag));
  const scripts = tags.map((tag) => /src="([^"]+)"/.exec(tag)?.[1] ?? "");
  expect(scripts.length).toBeGreaterThan(2);
  let total = 0;
  for (const source of new Set(scripts)) total += gzipSync(await (await request.get(source)).body()).length;
  console.log(`first load: ${(total / 1000).toFixed(0)} kB gz`);
  expect(total).toBeLessThan(FIRST_LOAD_BYTES);
});

test("pages stay still while they load, and keep to their policy", async ({ board, page }) => {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (/Content.Security.Policy|Refused to/i.test(message.text())) complaints.push(message.text());
  });
  await page.addInitScript(() => {
    const shift = { score: 0 };
    Object.assign(window, { shift });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) {
        if (!entry.hadRecentInput) shift.score += entry.value;
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  await expect(board.getByRole("status", { name: "Connection" })).toHaveText("LIVE");
  for (const path of ["/", "/gallery", "/videos", "/failures"]) {
    await page.goto(path);
    await page.waitForTimeout(2500);
    const score = await page.evaluate(() => (window as unknown as { shift: { score: number } }).shift.score);
    console.log(`layout shift of ${path}: ${score.toFixed(3)}`);
    expect(score, path).toBeLessThan(LAYOUT_SHIFT);
  }
  expect(complaints).toEqual([]);
});

test("all of it can be reached by keyboard", async ({ board }) => {
  await board.goto("/");
  await expect(board.getByRole("status", { name: "Connection" })).toHaveText("LIVE");
  await board.keyboard.press("Tab");
  await expect(board.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  await board.getByRole("button", { name: "More actions" }).focus();
  await board.keyboard.press("Enter");
  await expect(board.getByRole("menuitemradio").first()).toBeFocused();
  await board.keyboard.press("End");
  await expect(board.getByRole("menuitem", { name: "Log out" })).toBeFocused();
  await board.keyboard.press("Escape");
  await expect(board.getByRole("button", { name: "More actions" })).toBeFocused();
});
