import { expect, test, untilIdle } from "./board";

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
