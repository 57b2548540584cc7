/** Recording for the README: ./noxw screenshots writes docs/images/demo.webp, from an upload to the large picture. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "@playwright/test";
import { expect, test, untilIdle, upload, uploadRow } from "./board";
import { IMAGES, run } from "./pictures";
import { makeTemporaryFolder } from "./temporary";

const SIZE = { width: 1000, height: 640 };
const FRAME_MS = 70;
const LONG_MS = 1400;
const MAX_UPLOAD_FRAMES = 40;
/** pictures.py draws them. The first one is scrubbed. */
const UPLOADS = ["Harbour from the ferry.mp4", "Talk about caching.mkv", "IMG_2210.MOV"] as const;

interface Frame {
  file: string;
  /** Time that the frame is shown. */
  ms: number;
  /** Position of the pointer, which a browser without a window does not draw. */
  x: number;
  y: number;
}

/** Takes frames of a page, with the pointer at its last position. */
class Recorder {
  readonly folder = makeTemporaryFolder("dashboard-recording-");
  private readonly frames: Frame[] = [];
  private x = SIZE.width / 2;
  private y = SIZE.height * 0.75;

  constructor(private readonly page: Page) {}

  async take(ms: number): Promise<void> {
    const file = join(this.folder, `${this.frames.length}.png`);
    await this.page.screenshot({ path: file });
    this.frames.push({ file, ms, x: this.x, y: this.y });
  }

  /** Move the pointer to a place of an element, in this many frames. */
  async move(to: Locator, shareX: number, shareY: number, steps: number): Promise<void> {
    const box = await to.boundingBox();
    if (!box) throw new Error("The pointer cannot move to an element that is not visible.");
    const [fromX, fromY] = [this.x, this.y];
    for (let step = 1; step <= steps; step += 1) {
      this.x = fromX + ((box.x + box.width * shareX - fromX) * step) / steps;
      this.y = fromY + ((box.y + box.height * shareY - fromY) * step) / steps;
      await this.page.mouse.move(this.x, this.y);
      await this.take(FRAME_MS);
    }
  }

  /** Write the recording. It fails if the file is too large for the README. */
  save(path: string): void {
    const list = join(this.folder, "frames.json");
    writeFileSync(list, JSON.stringify(this.frames));
    run("pictures.py", "film", list, path);
  }
}

test("records an upload and a scrub", async ({ board, page, demo }) => {
  const videos = join(demo.data, "samples", "recording");
  run("pictures.py", "samples", videos);
  await untilIdle(board);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize(SIZE);
  await page.goto("/gallery");
  const tiles = page.getByRole("list", { name: /^Videos with/ }).getByRole("listitem");
  await expect(tiles.first()).toBeVisible();
  await page.waitForLoadState("networkidle").catch(() => undefined);
  const recorder = new Recorder(page);
  await recorder.take(LONG_MS);
  await recorder.move(page.getByRole("banner").getByRole("button", { name: "Upload" }), 0.5, 0.6, 8);
  await recorder.take(300);

  await upload(page, ...UPLOADS.map((name) => join(videos, name)));
  const rows = UPLOADS.map((name) => uploadRow(page, name));
  for (let frame = 0; frame < MAX_UPLOAD_FRAMES; frame += 1) {
    await recorder.take(FRAME_MS * 2);
    const pictures = await Promise.all(rows.map((row) => row.getByRole("img").count()));
    if (pictures.every((count) => count === 3)) break;
  }
  for (const row of rows) await expect(row.getByRole("img")).toHaveCount(3);
  const tile = tiles.filter({ hasText: UPLOADS[0] });
  await expect(tile.getByRole("img")).toBeVisible();
  await page.waitForLoadState("networkidle").catch(() => undefined);
  await recorder.take(LONG_MS);

  await recorder.move(tile, 0.1, 0.4, 8);
  // The storyboard loads after a moment of rest.
  await page.waitForTimeout(1200);
  await recorder.move(tile, 0.9, 0.5, 10);
  await recorder.take(400);
  await page.mouse.down();
  await page.mouse.up();
  const bar = page.getByRole("slider");
  await expect(bar).toBeVisible();
  await page.waitForLoadState("networkidle").catch(() => undefined);
  await page.waitForTimeout(1000);
  await recorder.take(600);
  await recorder.move(bar, 0.05, 0.5, 8);
  await page.mouse.down();
  await recorder.take(FRAME_MS);
  await recorder.move(bar, 0.95, 0.5, 24);
  await recorder.move(bar, 0.4, 0.5, 12);
  await page.mouse.up();
  await recorder.take(LONG_MS);
  recorder.save(join(IMAGES, "demo.webp"));
});
