import type { Locator, Page } from "@playwright/test";
import { expect, flow, longFlow, sample, test, untilIdle } from "./board";

test.use({ hasScene: true });

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

/** Wait until the page has drawn what was pending, and its observers know what is in sight. */
async function settle(page: Page): Promise<void> {
  for (let frame = 0; frame < 3; frame += 1)
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  await page.waitForTimeout(2000);
}

async function setHidden(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isHidden);
}

/** Resolve when the label counts arrived videos: it does until the next push only, which polling could miss. */
function untilArrived(label: Locator): Promise<void> {
  return label.evaluate(
    (element) =>
      new Promise<void>((resolve) => {
        const observer = new MutationObserver(() => {
          if (!/[1-9]\d* arrived/.test(element.textContent ?? "")) return;
          observer.disconnect();
          resolve();
        });
        observer.observe(element, { childList: true, characterData: true, subtree: true });
      }),
  );
}

flow("links each station of the scene to its page", async ({ board }) => {
  const scene = board.getByRole("region", { name: "Pipeline" });
  await expect(scene.locator("canvas")).toBeVisible();
  await expect(scene.getByRole("link", { name: /Workers/ })).toContainText(/of 2 busy/);
  await scene.getByRole("link", { name: /Thumbnails/ }).click();
  await expect(board).toHaveURL(/\/gallery$/);
});

longFlow("opens what was clicked in the scene", async ({ board }) => {
  await untilIdle(board);
  const scene = board.getByRole("region", { name: "Pipeline" });
  /** Click at an offset from the middle of a station's label: its pad and its boxes are above the label. */
  const click = async (name: RegExp, rightPx: number, upPx: number) => {
    await board.evaluate(() => window.scrollTo(0, 0));
    const box = await scene.getByRole("link", { name }).boundingBox();
    if (!box) throw new Error(`no label ${name}`);
    await board.mouse.click(box.x + box.width / 2 + rightPx, box.y - upPx);
  };
  const hashes = new Set<string>();
  board.on("framenavigated", (frame) => hashes.add(new URL(frame.url()).hash));
  const pods = () => [...hashes].filter((hash) => hash.startsWith("#pod-")).sort();
  await expect(scene.locator("canvas[data-engine]")).toBeVisible();
  // The canvas is there before its first picture: a click too early hits nothing.
  await expect(async () => {
    await click(/Workers/, 0, 14);
    await expect(board).toHaveURL(/#pods$/, { timeout: 3000 });
  }).toPass();
  for (let rightPx = -75; rightPx <= 75; rightPx += 15) {
    await click(/Workers/, rightPx, 60);
    await board.waitForTimeout(200);
  }
  await expect.poll(pods).toEqual(["#pod-worker-1", "#pod-worker-2"]);
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
  let quiet = await board.screenshot({ clip: gap });
  await expect(async () => {
    const before = quiet;
    quiet = await board.screenshot({ clip: gap });
    expect(quiet.equals(before)).toBe(true);
  }).toPass();

  const path = sample(demo, "by another.3gp");
  const arrived = untilArrived(label(/Uploads/));
  // Videos keep coming until one is seen in the gap: a busy machine takes few screenshots.
  let isSeen = false;
  const uploading = (async () => {
    for (let batch = 0; batch < 20 && !isSeen; batch += 1)
      await demo.put(...Array.from({ length: 4 }, (_, index) => [`uploads/${batch} ${index}.3gp`, path] as const));
  })();
  await expect(async () => {
    expect((await board.screenshot({ clip: gap })).equals(quiet)).toBe(false);
  }).toPass({ timeout: 120_000, intervals: [50] });
  isSeen = true;
  await uploading;
  await arrived;
  await untilIdle(board);
  await expect(label(/Uploads/)).toContainText("none arriving");
  await expect(async () => {
    expect((await board.screenshot({ clip: gap })).equals(quiet)).toBe(true);
  }).toPass();
});

test("draws no frames while the scene is hidden", async ({ board, demo }) => {
  await untilIdle(board);
  await expect(board.locator("canvas[data-engine]")).toBeVisible();
  const busy = board.getByRole("region", { name: "Pipeline" }).getByRole("link", { name: /Uploads/ });
  const path = sample(demo, "unseen.3gp");
  const runSeen = async (round: number) => {
    const seen = untilArrived(busy);
    await demo.put([`uploads/unseen ${round}.3gp`, path]);
    await seen;
  };
  await setHidden(board, true);
  await settle(board);
  const frames = await countFrames(board);
  await runSeen(1);
  await untilIdle(board);
  await expect(busy).toContainText("none arriving");
  expect(await frames()).toBe(0);

  await setHidden(board, false);
  // Changes that were missed are drawn at once, and later changes are animated.
  await expect.poll(frames).toBeGreaterThan(0);
  await runSeen(2);
  await expect.poll(frames).toBeGreaterThan(5);

  await untilIdle(board);
  await board.setViewportSize({ width: 390, height: 400 });
  await board.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  await settle(board);
  const before = await frames();
  await runSeen(3);
  await untilIdle(board);
  expect(await frames()).toBe(before);
});

flow("shows the scene as text and respects reduced motion", async ({ board, page }) => {
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
  await settle(board);
  const frames = await countFrames(board);
  // What moved before may still be drawn.
  let last = -1;
  await expect(async () => {
    const before = last;
    last = await frames();
    expect(last).toBe(before);
  }).toPass({ intervals: [1000] });
  const drawn = await frames();
  await board.waitForTimeout(4000);
  // A push may change a figure during these seconds, which draws one frame.
  expect((await frames()) - drawn).toBeLessThanOrEqual(2);
});
