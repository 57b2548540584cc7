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
