/** Screenshots for the documentation: ./noxw screenshots writes docs/images/dashboard-*.png and overview.png (-g README: this one only). */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, untilIdle } from "./board";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const IMAGES = process.env.E2E_IMAGES ?? join(ROOT, "docs", "images");
/** With E2E_ALL=1, take every page in every width, theme and number of videos, for review only. */
const isAll = process.env.E2E_ALL === "1";

const THUMBNAIL_NUMBERS = [1, 2, 3];

/** The README's picture: the dashboard beside the thumbnails of one video. */
function combine(dashboard: Buffer, thumbnails: Buffer[]): string {
  const image = (type: string, data: Buffer) => `<img src="data:image/${type};base64,${data.toString("base64")}">`;
  return `<style>
      body { margin: 0; padding: 24px; display: flex; gap: 24px; width: 1476px; background: #020409 }
      body > img { width: 1080px; height: 675px }
      div { display: flex; flex-direction: column; justify-content: space-between }
      div > img { width: 372px }
    </style>
    ${image("png", dashboard)}<div>${thumbnails.map((data) => image("jpeg", data)).join("")}</div>`;
}

test("takes the picture of the README", async ({ board, page, demo }) => {
  await untilIdle(board);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: "dark" });
  await page.goto("/");
  await page.getByRole("button", { name: "Test pipeline" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Start the test" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  await expect(page.getByText("2 of 2 busy")).toBeVisible();
  const dashboard = await page.screenshot();
  await untilIdle(board);
  const thumbnails = THUMBNAIL_NUMBERS.map((number) =>
    readFileSync(join(demo.data, "thumbnails", `Harbour at dawn_${number}.jpg`)),
  );
  const canvas = await page.context().newPage();
  await canvas.setViewportSize({ width: 1524, height: 723 });
  await canvas.setContent(combine(dashboard, thumbnails));
  await canvas.screenshot({ path: join(IMAGES, "overview.png") });
  await canvas.close();
});

test("takes screenshots of the dashboard", async ({ board, page, demo }) => {
  test.setTimeout(1_800_000);
  const shot = async (name: string, path: string, width: number, colorScheme: "light" | "dark") => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: width < 500 ? 844 : 900 });
    await page.goto(path);
    await expect(page.getByRole("status", { name: "Connection" })).toHaveText("LIVE");
    await page.waitForLoadState("networkidle").catch(() => undefined);
    await page.waitForTimeout(2500);
    await page.screenshot({ path: join(IMAGES, `dashboard-${name}.png`), fullPage: isAll });
  };
  const all = async (amount: string, video: string | null) => {
    if (!isAll) return;
    for (const [name, path] of [
      ["overview", "/"],
      ["gallery", "/gallery"],
      ["videos", "/videos"],
      ["failures", "/failures"],
      ["video", video],
    ] as const) {
      if (path === null) continue;
      for (const width of [1440, 1024, 390]) {
        for (const theme of ["dark", "light"] as const)
          await shot(`${name}-${amount}-${width}-${theme}`, path, width, theme);
      }
    }
  };
  await untilIdle(board);
  const video = `/video?key=${encodeURIComponent("uploads/Harbour at dawn.mp4")}`;
  await all("few", video);
  await shot("video", video, 1440, "light");
  execFileSync(process.env.E2E_PYTHON ?? "python3", [join(import.meta.dirname, "seed.py"), demo.data, "3000"], {
    env: { ...process.env, PYTHONPATH: ROOT },
    stdio: "inherit",
  });
  // The seed is written within seconds, so its throughput would be shown for five minutes.
  for (let run = 0; run < 5; run += 1) {
    await page.waitForTimeout(65_000);
    await page.evaluate(() => fetch("/api/test", { method: "POST" }));
  }
  await all("many", video);
  await page.goto("/");
  await page.getByRole("button", { name: "Test pipeline" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Start the test" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  await shot("overview", "/", 1440, "dark");
  await untilIdle(board);
  await shot("failures", "/failures", 1440, "dark");
  if (!isAll) return;
  await page.goto("/");
  await page.evaluate(async () => {
    const { confirmation } = await (await fetch("/api/purge")).json();
    await fetch(`/api/purge?confirmation=${encodeURIComponent(confirmation)}`, { method: "DELETE" });
  });
  await expect(page.getByText("No thumbnails yet")).toBeVisible({ timeout: 240_000 });
  await all("none", null);
});
