import { expect, serveVideos, test } from "./board";

/** Of the processor, for a frame. */
const FRAME_MS = 100;
const SCROLL_FRAMES = 240;
/** Four rows: 90 screens in the four seconds that 240 frames take. */
const SCROLL_STEP_PX = 192;

test("scrolls through a list of 10,000 videos at a low cost", async ({ visitor: board, page }) => {
  await serveVideos(page, 10_000);
  await board.goto("/videos");
  await expect(board.getByRole("listitem").filter({ hasText: "video 0.mp4" })).toBeVisible();
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const taskMs = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return (metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0) * 1000;
  };
  const beforeMs = await taskMs();
  const scrolled = await page.evaluate(
    async ({ frames, stepPx }) => {
      const list = document.querySelector<HTMLElement>("ul[aria-label^=Videos]")!;
      const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
      let [added, mostRows, longestMs] = [0, 0, 0];
      new MutationObserver((changes) => {
        for (const { addedNodes } of changes) added += addedNodes.length;
      }).observe(list, { childList: true });
      const startMs = await frame();
      for (let lastMs = startMs, index = 0; index < frames; index += 1) {
        window.scrollBy(0, stepPx);
        const nowMs = await frame();
        longestMs = Math.max(longestMs, nowMs - lastMs);
        lastMs = nowMs;
        mostRows = Math.max(mostRows, list.childElementCount);
      }
      const perSecond = (frames * 1000) / ((await frame()) - startMs);
      return {
        added,
        mostRows,
        longestMs,
        perSecond,
        heightPx: list.offsetHeight,
        rowPx: list.children[0]!.clientHeight,
      };
    },
    { frames: SCROLL_FRAMES, stepPx: SCROLL_STEP_PX },
  );
  const frameMs = ((await taskMs()) - beforeMs) / SCROLL_FRAMES;
  const { added, mostRows, rowPx } = scrolled;
  console.log(
    `10,000 videos: ${scrolled.perSecond.toFixed(1)} frames/s, longest ${scrolled.longestMs.toFixed(0)} ms, ` +
      `${frameMs.toFixed(1)} ms of CPU a frame, at most ${mostRows} rows, ${(added / SCROLL_FRAMES).toFixed(1)} new a frame`,
  );
  expect(scrolled.heightPx).toBe(10_000 * rowPx);
  expect(mostRows).toBeLessThan(50);
  // Each row that comes into view is made once.
  const passed = (SCROLL_FRAMES * SCROLL_STEP_PX) / rowPx;
  expect(added).toBeGreaterThan(passed - 10);
  expect(added).toBeLessThan(passed + 10);
  expect(frameMs).toBeLessThan(FRAME_MS);
});

test("keeps few tiles of 10,000, and the place on Back", async ({ visitor: board, page }) => {
  await page.route("**/api/videos?*", async (route) => {
    const items = Array.from({ length: 10_000 }, (_, index) => {
      const key = `uploads/video ${index}.mp4`;
      const thumbnails = [{ key: `${key}_1.jpg`, video_key: key, position_pct: 10, time_s: 1, url: "/icon.svg" }];
      return { key, thumbnails, size_bytes: index, state: "done" };
    });
    await route.fulfill({ json: { items, next_cursor: null } });
  });
  await board.goto("/gallery");
  const tiles = board.getByRole("list", { name: /^Videos with/ }).getByRole("listitem");
  await expect(tiles.filter({ hasText: "video 0.mp4" })).toBeVisible();
  for (let place = 1; place <= 10; place += 1) {
    await page.evaluate((share) => window.scrollTo(0, document.body.scrollHeight * share), place / 10);
    await page.waitForTimeout(100);
    expect(await tiles.count()).toBeLessThan(150);
  }
  await expect(tiles.filter({ hasText: "video 9999.mp4" })).toBeVisible();
  await tiles.filter({ hasText: "video 9999.mp4" }).getByRole("link").click();
  const lightbox = board.getByRole("dialog");
  await expect(lightbox).toContainText("10,000 of 10,000");
  await lightbox.getByRole("link", { name: "Details" }).click();
  await expect(board.getByText("It was deleted, or its upload has not finished. Check the list")).toBeVisible();
  await page.goBack();
  await expect(lightbox).toContainText("10,000 of 10,000");
  await page.goBack();
  await expect(lightbox).toHaveCount(0);
  await expect(tiles.filter({ hasText: "video 9999.mp4" }).getByRole("link")).toBeInViewport();
});
