import { expect, sample, test, untilIdle } from "./board";

test("shows the pipeline at a glance", async ({ board }) => {
  await untilIdle(board);
  await board.reload();
  for (const name of ["Processed thumbnails", "Running pods", "Queue depth", "In flight", "Total pods", "Storage used"]) {
    await expect(board.getByRole("term").filter({ hasText: name })).toBeVisible();
  }
  const pods = board.getByRole("region", { name: "Pods" });
  await expect(pods.getByRole("listitem").filter({ hasText: "worker-1" })).toContainText("Running");
  await expect(board.getByRole("img", { name: /^Depth of the queue/ })).toBeVisible();
  await board.getByRole("button", { name: "Show as table" }).click();
  await expect(board.getByRole("table").getByRole("row").nth(1)).toBeVisible();
});

test("draws the pipeline, and its parts lead to what they show", async ({ board }) => {
  const scene = board.getByRole("region", { name: "Pipeline" });
  await expect(scene.locator("canvas")).toBeVisible();
  await expect(scene.getByRole("link", { name: /Workers/ })).toContainText(/of 2 busy/);
  await scene.getByRole("link", { name: /Thumbnails/ }).click();
  await expect(board).toHaveURL(/\/gallery$/);
});

test("shows what others upload on its way from Uploads to Queue", async ({ board, demo }) => {
  await untilIdle(board);
  const scene = board.getByRole("region", { name: "Pipeline" });
  const label = (name: RegExp) => scene.getByRole("link", { name });
  await expect(scene.locator("canvas[data-engine]")).toBeVisible();
  await expect(label(/Uploads/)).toContainText("none arriving");
  const [from, to] = [await label(/Uploads/).boundingBox(), await label(/Queue/).boundingBox()];
  if (!from || !to) throw new Error("the labels are not placed");
  // The gap between the two pads, where nothing stands.
  const middle_px = (from.x + from.width / 2 + to.x + to.width / 2) / 2;
  const gap = { x: middle_px - 10, y: from.y - 110, width: 20, height: 80 };
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

test("says the same in words, and stands still when asked", async ({ board, page }) => {
  const scene = board.getByRole("region", { name: "Pipeline" });
  await scene.getByRole("button", { name: "Pause the motion" }).click();
  await expect(scene.getByRole("button", { name: "Resume the motion" })).toBeVisible();
  await scene.getByRole("button", { name: "Show as text" }).click();
  await expect(scene.getByText("worker-1: ready")).toBeVisible();
  await page.emulateMedia({ reducedMotion: "reduce" });
  await expect(scene.getByText("Motion is reduced")).toBeVisible();
});

test("draws no frame while nothing moves", async ({ board }) => {
  await untilIdle(board);
  await expect(board.locator("canvas[data-engine]")).toBeVisible();
  await board.waitForTimeout(3000);
  const frames = await board.evaluate(async () => {
    let count = 0;
    const context = document.querySelector<HTMLCanvasElement>("canvas[data-engine]")?.getContext("webgl2");
    if (!context) return -1;
    const clear = context.clear.bind(context);
    context.clear = (mask: number) => {
      count += 1;
      clear(mask);
    };
    await new Promise((resolve) => setTimeout(resolve, 4000));
    return count;
  });
  // A push may change a figure in these seconds, and then it is drawn once.
  expect(frames).toBeGreaterThanOrEqual(0);
  expect(frames).toBeLessThanOrEqual(2);
});
