/** Cost of the dashboard under a load that no demo produces: the test writes the socket's messages itself. */

import type { WebSocketRoute } from "@playwright/test";
import { expect, sample, test, upload, uploadRow } from "./board";

const HOUR_OF_PUSHES = 720;
const PUSHES = 10;
const SCRIPT_MS = 100;
const HEAP_GROWTH = 0.1;
const SETTLING_PUSHES = 8;

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
      return { ...shown, key: `thumbnails/${index}.jpg` };
    });
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

  /**
   * Push slowly, and wait until the page shows each push. React keeps the updates that it has rendered together until
   * the next renderings: after a burst, that is hundreds.
   */
  const settle = async (seq: number) => {
    for (let round = 0; round < SETTLING_PUSHES; round += 1) {
      const pods = 198 + (round % 2);
      await push(seq + round, pods);
      await expect(board.getByText(`${pods} of ${pods} ready`).first()).toBeVisible({ timeout: 240_000 });
      await page.waitForTimeout(500);
    }
  };

  for (const path of ["/gallery", "/"]) {
    socket = null;
    await board.goto(path);
    await expect.poll(() => socket && state).not.toBeNull();
    await push(1);
    await page.waitForTimeout(3000);
    const beforeMs = await metricsMs();
    for (let seq = 2; seq < 2 + PUSHES; seq += 1) {
      await push(seq);
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

  // A small window, because each push is drawn in software. The first pushes fill caches that stay.
  await page.setViewportSize({ width: 640, height: 480 });
  for (let seq = 12; seq < 300; seq += 1) await push(seq);
  await settle(300);
  const beforeBytes = await heapBytes();
  for (let seq = 310; seq < 310 + HOUR_OF_PUSHES; seq += 1) await push(seq);
  await settle(310 + HOUR_OF_PUSHES);
  const growth = (await heapBytes()) / beforeBytes - 1;
  console.log(
    `heap after an hour of pushes: ${(growth * 100).toFixed(1)} % more than ${(beforeBytes / 1e6).toFixed(1)} MB`,
  );
  expect(growth).toBeLessThan(HEAP_GROWTH);
});

test("keeps few tiles of 10,000 in the document", async ({ board, page }) => {
  await page.route("**/api/thumbnails?*", async (route) => {
    const items = Array.from({ length: 10_000 }, (_, index) => ({
      key: `thumbnails/video ${index}_1.jpg`,
      video_key: `uploads/video ${index}.mp4`,
      position_pct: 10,
      time_s: 1,
      url: "/icon.svg",
      width_px: 640,
      height_px: 360,
      size_bytes: 1000,
      note: null,
      created_at: "2026-01-01T00:00:00Z",
    }));
    await route.fulfill({ json: { items, next_cursor: null } });
  });
  await board.goto("/gallery");
  const tiles = board.getByRole("list", { name: /^Thumbnails/ }).getByRole("listitem");
  await expect(tiles.filter({ hasText: "video 0.mp4" })).toBeVisible();
  for (let place = 1; place <= 10; place += 1) {
    await page.evaluate((share) => window.scrollTo(0, document.body.scrollHeight * share), place / 10);
    await page.waitForTimeout(100);
    expect(await tiles.count()).toBeLessThan(150);
  }
  await expect(tiles.filter({ hasText: "video 9999.mp4" })).toBeVisible();
});
