import type { Page } from "@playwright/test";
import { expect, sample, test, untilIdle } from "./board";

/** Count the frames that the scene draws from now on. Returns a function that reads the count. */
async function countFrames(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const context = document.querySelector<HTMLCanvasElement>("canvas[data-engine]")?.getContext("webgl2");
    if (!context) throw new Error("the scene has no context");
    const counter = Object.assign(window, { drawn: 0 });
    const clear = context.clear.bind(context);
    context.clear = (mask: number) => {
      counter.drawn += 1;
      clear(mask);
    };
  });
  return () => page.evaluate(() => (window as unknown as { drawn: number }).drawn);
}

async function setHidden(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isHidden);
}

test("shows figures, pods and queue on the overview", async ({ board }) => {
  await untilIdle(board);
  await board.reload();
  for (const name of [
    "Processed thumbnails",
    "Running pods",
    "Queue depth",
    "In flight",
    "Total pods",
    "Storage used",
  ]) {
    await expect(board.getByRole("term").filter({ hasText: name })).toBeVisible();
  }
  const pods = board.getByRole("region", { name: "Pods" });
  await expect(pods.getByRole("listitem").filter({ hasText: "worker-1" })).toContainText("Running");
  await expect(board.getByRole("img", { name: /^Depth of the queue/ })).toBeVisible();
  await board.getByRole("button", { name: "Show as table" }).click();
  await expect(board.getByRole("table").getByRole("row").nth(1)).toBeVisible();
});

test("links each station of the scene to its page", async ({ board }) => {
  const scene = board.getByRole("region", { name: "Pipeline" });
  await expect(scene.locator("canvas")).toBeVisible();
  await expect(scene.getByRole("link", { name: /Workers/ })).toContainText(/of 2 busy/);
  await scene.getByRole("link", { name: /Thumbnails/ }).click();
  await expect(board).toHaveURL(/\/gallery$/);
});

test("opens what was clicked in the scene", async ({ board }) => {
  await untilIdle(board);
  const scene = board.getByRole("region", { name: "Pipeline" });
  /** Click at an offset from the middle of a station's label: its pad and its boxes are above the label. */
  const click = async (name: RegExp, rightPx: number, upPx: number) => {
    await board.evaluate(() => window.scrollTo(0, 0));
    const box = await scene.getByRole("link", { name }).boundingBox();
    if (!box) throw new Error(`no label ${name}`);
    await board.mouse.click(box.x + box.width / 2 + rightPx, box.y - upPx);
  };
  await expect(scene.locator("canvas[data-engine]")).toBeVisible();
  await click(/Workers/, 0, 14);
  await expect(board).toHaveURL(/#pods$/);
  const pods = new Set<string>();
  for (let rightPx = -75; rightPx <= 75; rightPx += 15) {
    await click(/Workers/, rightPx, 60);
    await board.waitForTimeout(200);
    pods.add(new URL(board.url()).hash);
  }
  expect([...pods].filter((hash) => hash.startsWith("#pod-")).sort()).toEqual(["#pod-worker-1", "#pod-worker-2"]);
  await click(/Dead letters/, 0, 14);
  await expect(board).toHaveURL(/\/failures$/);
});

test("animates other clients' uploads from Uploads to Queue", async ({ board, demo }) => {
  await untilIdle(board);
  const scene = board.getByRole("region", { name: "Pipeline" });
  const label = (name: RegExp) => scene.getByRole("link", { name });
  await expect(scene.locator("canvas[data-engine]")).toBeVisible();
  await expect(label(/Uploads/)).toContainText("none arriving");
  const [from, to] = [await label(/Uploads/).boundingBox(), await label(/Queue/).boundingBox()];
  if (!from || !to) throw new Error("the labels are not placed");
  // The empty gap between the two pads.
  const middlePx = (from.x + from.width / 2 + to.x + to.width / 2) / 2;
  const gap = { x: middlePx - 10, y: from.y - 110, width: 20, height: 80 };
  const quiet = await board.screenshot({ clip: gap });
  expect((await board.screenshot({ clip: gap })).equals(quiet)).toBe(true);

  const path = sample(demo, "by another.3gp");
  demo.put(...Array.from({ length: 12 }, (_, index) => [`uploads/by another ${index}.3gp`, path] as const));
  await expect(async () => {
    expect((await board.screenshot({ clip: gap })).equals(quiet)).toBe(false);
  }).toPass({ timeout: 20_000, intervals: [50] });
  await expect(label(/Uploads/)).toContainText(/[1-9]\d? arriving/);
  await untilIdle(board);
  await expect(label(/Uploads/)).toContainText("none arriving");
  await expect(async () => {
    expect((await board.screenshot({ clip: gap })).equals(quiet)).toBe(true);
  }).toPass();
});

test("draws no frames while the scene is hidden", async ({ board }) => {
  await untilIdle(board);
  await expect(board.locator("canvas[data-engine]")).toBeVisible();
  const busy = board.getByRole("region", { name: "Pipeline" }).getByRole("link", { name: /Uploads/ });
  const runSeen = async () => {
    // The label may say so for one second only, which is shorter than polling would notice.
    const seen = busy.evaluate(
      (label) =>
        new Promise<void>((resolve) => {
          const observer = new MutationObserver(() => {
            if (!/[1-9] arriving/.test(label.textContent ?? "")) return;
            observer.disconnect();
            resolve();
          });
          observer.observe(label, { childList: true, characterData: true, subtree: true });
        }),
    );
    await board.evaluate(() => fetch("/api/test", { method: "POST" }));
    await seen;
  };
  await board.waitForTimeout(2000);
  await setHidden(board, true);
  const frames = await countFrames(board);
  await runSeen();
  await untilIdle(board);
  await expect(busy).toContainText("none arriving");
  expect(await frames()).toBe(0);

  await setHidden(board, false);
  // Changes that were missed are drawn at once, and later changes are animated.
  await expect.poll(frames).toBeGreaterThan(0);
  await runSeen();
  await expect.poll(frames).toBeGreaterThan(5);

  await untilIdle(board);
  await board.setViewportSize({ width: 390, height: 400 });
  await board.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  await board.waitForTimeout(2000);
  const before = await frames();
  await runSeen();
  await untilIdle(board);
  expect(await frames()).toBe(before);
});

test("shows the scene as text and respects reduced motion", async ({ board, page }) => {
  const scene = board.getByRole("region", { name: "Pipeline" });
  await scene.getByRole("button", { name: "Pause the animation" }).click();
  await expect(scene.getByRole("button", { name: "Resume the animation" })).toBeVisible();
  await scene.getByRole("button", { name: "Show as text" }).click();
  await expect(scene.getByText("worker-1: ready")).toBeVisible();
  await page.emulateMedia({ reducedMotion: "reduce" });
  await expect(scene.getByText("The animation is off")).toBeVisible();
});

test("draws no frame while nothing changes", async ({ board }) => {
  await untilIdle(board);
  await expect(board.locator("canvas[data-engine]")).toBeVisible();
  await board.waitForTimeout(3000);
  const frames = await countFrames(board);
  await board.waitForTimeout(4000);
  // A push may change a figure during these seconds, which draws one frame.
  expect(await frames()).toBeLessThanOrEqual(2);
});
