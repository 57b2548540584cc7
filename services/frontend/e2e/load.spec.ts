/** Cost of the dashboard under a load that no demo produces: the test writes the socket's messages itself. */

import type { WebSocketRoute } from "@playwright/test";
import { expect, sample, test, upload, uploadRow } from "./board";

// The scene is part of what the pushes cost.
test.use({ hasScene: true });

const HOUR_OF_PUSHES = 720;
const PUSHES = 10;
const SCRIPT_MS = 100;
/** Not a part of the heap, which depends on what the page has loaded. 2 kB for each push of an hour. */
const HEAP_GROWTH_BYTES = 1_440_000;
/** Pushes that fill caches which stay, like the five minutes of the chart. */
const WARM_UP_PUSHES = 120;
const HEAP_PODS = 50;
const SETTLING_PUSHES = 4;
const MAX_ROUNDS = 12;
const SCROLL_FRAMES = 240;
/** Four rows: 90 screens in the four seconds that 240 frames take. */
const SCROLL_STEP_PX = 192;

type Message = Record<string, unknown> & { seq: number };

function withPods(state: Message, count: number, at: Date): Message {
  const pods = Array.from({ length: count }, (_, index) => ({
    name: `thumbnails-worker-7d9c5b6f4-${index}`,
    component: "worker",
    phase: "Running",
    ready: true,
    restarts: 0,
    started_at: "2026-01-01T00:00:00Z",
    node: null,
  }));
  const sample = { at: at.toISOString(), visible: state.seq % 50, in_flight: 3, delayed: 0, dead_letters: 0 };
  const queue = { ...(state.queue as object), visible: sample.visible, history: [sample] };
  return { ...state, pods, queue, at: at.toISOString() };
}

test("handles pushes with 200 pods and 1,000 thumbnails cheaply", async ({ board, page, demo }) => {
  // The scene is drawn in software, on a shared machine.
  test.setTimeout(900_000);
  // The generated thumbnails are copies of real ones, which an earlier purge may have deleted.
  await upload(board, sample(demo, "load.3gp"));
  await expect(uploadRow(board, "load.3gp").getByRole("img")).toHaveCount(3, { timeout: 240_000 });
  let socket: WebSocketRoute | null = null;
  let state: Message | null = null;
  await page.routeWebSocket("**/ws", (route) => {
    socket = route;
    route.connectToServer().onMessage((message) => {
      // The first message is real; the test sends the others.
      if (state) return;
      state = JSON.parse(message.toString()) as Message;
      route.send(message);
    });
  });
  await page.route("**/api/thumbnails?*", async (route) => {
    // Playwright may reuse a connection that the server is closing; unlike a browser, it retries only on request.
    const answer = (await (await route.fetch({ maxRetries: 3 })).json()) as { items: Record<string, unknown>[] };
    const items = Array.from({ length: 1000 }, (_, index) => {
      const shown = answer.items[index % answer.items.length];
      return { ...shown, key: `thumbnails/${index}.jpg`, video_key: `uploads/${Math.floor(index / 3)}.mp4` };
    });
    await route.fulfill({ json: { items, next_cursor: null } });
  });
  await page.route("**/api/videos?*", async (route) => {
    const answer = (await (await route.fetch({ maxRetries: 3 })).json()) as { items: Record<string, unknown>[] };
    const items = Array.from({ length: 333 }, (_, index) => ({
      ...answer.items[index % answer.items.length],
      key: `uploads/${index}.mp4`,
    }));
    await route.fulfill({ json: { items, next_cursor: null } });
  });
  const push = async (seq: number, pods = 200) => {
    if (!state || !socket) throw new Error("nothing was received yet");
    const message = withPods({ ...state, seq }, pods, new Date(Date.parse(String(state.at)) + seq * 5000));
    socket.send(JSON.stringify(message));
    await page.waitForTimeout(0);
  };
  const session = await page.context().newCDPSession(page);
  // CPU time of the page's thread: time by the clock would count what else the machine does.
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const metricsMs = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    const of = (wanted: string) => (metrics.find(({ name }) => name === wanted)?.value ?? 0) * 1000;
    return { script: of("ScriptDuration"), task: of("TaskDuration") };
  };
  const heapBytes = async () => {
    await session.send("HeapProfiler.collectGarbage");
    await session.send("HeapProfiler.collectGarbage");
    return (await session.send("Runtime.getHeapUsage")).usedSize;
  };

  let seq = 0;
  const burst = async (pushes: number) => {
    for (const end = seq + pushes; seq < end;) await push((seq += 1), HEAP_PODS);
  };
  /**
   * Return the smallest heap of a few rounds, or the first below `enoughBytes`. In each round the page shows each of
   * some pushes: React keeps a burst's updates until later renderings, and a busy machine renders late. A leak stays.
   */
  const settledBytes = async (rounds: number, enoughBytes = 0) => {
    let leastBytes = Infinity;
    for (let round = 0; round < rounds && leastBytes >= enoughBytes; round += 1) {
      for (let index = 1; index <= SETTLING_PUSHES; index += 1) {
        const pods = HEAP_PODS + index;
        await push((seq += 1), pods);
        await expect(board.getByText(`${pods} of ${pods} ready`).first()).toBeVisible({ timeout: 240_000 });
      }
      leastBytes = Math.min(leastBytes, await heapBytes());
    }
    return leastBytes;
  };

  for (const path of ["/gallery", "/"]) {
    socket = null;
    await board.goto(path);
    await expect.poll(() => socket && state).not.toBeNull();
    await push((seq += 1));
    await page.waitForTimeout(3000);
    const beforeMs = await metricsMs();
    for (let index = 0; index < PUSHES; index += 1) {
      await push((seq += 1));
      await page.waitForTimeout(150);
    }
    const afterMs = await metricsMs();
    const scriptMs = (afterMs.script - beforeMs.script) / PUSHES;
    const taskMs = (afterMs.task - beforeMs.task) / PUSHES;
    console.log(`a push on ${path}: ${scriptMs.toFixed(1)} ms of script, ${taskMs.toFixed(1)} ms in all`);
    expect(taskMs).toBeGreaterThan(0.1);
    expect(scriptMs).toBeLessThan(SCRIPT_MS);
    if (path === "/") await expect(board.getByText("200 of 200 ready").first()).toBeVisible();
  }

  // A small window, because each push is drawn in software.
  await page.setViewportSize({ width: 390, height: 300 });
  await burst(WARM_UP_PUSHES);
  const beforeBytes = await settledBytes(3);
  await burst(HOUR_OF_PUSHES);
  const growthBytes = (await settledBytes(MAX_ROUNDS, beforeBytes + HEAP_GROWTH_BYTES)) - beforeBytes;
  const said = `${(growthBytes / 1e6).toFixed(2)} MB more than ${(beforeBytes / 1e6).toFixed(1)} MB`;
  console.log(`heap after an hour of pushes: ${said}`);
  expect(growthBytes, `lowest growth in ${MAX_ROUNDS} rounds: ${said}`).toBeLessThan(HEAP_GROWTH_BYTES);
});

test("scrolls through a list of 10,000 videos at a low cost", async ({ board, page }) => {
  await page.route("**/api/videos?*", async (route) => {
    const items = Array.from({ length: 10_000 }, (_, index) => ({
      key: `uploads/video ${index}.mp4`,
      thumbnails: [],
      size_bytes: index,
      state: "done",
      duration_s: 60,
      started_at: "2026-01-01T00:00:00Z",
      finished_at: "2026-01-01T00:00:01Z",
      queued_at: "2026-01-01T00:00:00Z",
    }));
    await route.fulfill({ json: { items, next_cursor: null } });
  });
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
  expect(frameMs).toBeLessThan(SCRIPT_MS);
});

test("keeps few tiles of 10,000, and the place on Back", async ({ board, page }) => {
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
