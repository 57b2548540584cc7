/** Heap growth over an hour with the dashboard open: ./noxw soak --heap; E2E_MINUTES sets another length. */

import { expect, test } from "./board";

const MINUTES = Number(process.env.E2E_MINUTES ?? 60);
/** The chart's window and the query caches fill in this time; after it the heap should not grow. */
const WARM_UP_MINUTES = 6;
const WORK_EVERY_MINUTES = 5;
const HEAP_GROWTH = 0.1;
const MINUTE_MS = 60_000;

test("keeps the heap stable over an hour", async ({ board, page }) => {
  test.setTimeout((MINUTES + WARM_UP_MINUTES + 10) * MINUTE_MS);
  let pushes = 0;
  page.on("websocket", (socket) => socket.on("framereceived", () => (pushes += 1)));
  await board.reload();
  const session = await page.context().newCDPSession(page);
  const heapBytes = async () => {
    for (let round = 0; round < 3; round += 1) await session.send("HeapProfiler.collectGarbage");
    return (await session.send("Runtime.getHeapUsage")).usedSize;
  };
  const wait = async (minutes: number) => {
    for (let minute = 0; minute < minutes; minute += 1) {
      // Videos pass all the time: a page that shows nothing new would prove little.
      if (minute % WORK_EVERY_MINUTES === 0) await page.evaluate(() => fetch("/api/test", { method: "POST" }));
      await page.waitForTimeout(MINUTE_MS);
    }
  };
  await wait(WARM_UP_MINUTES);
  const beforeBytes = await heapBytes();
  pushes = 0;
  for (let minute = 0; minute < MINUTES; minute += 10) {
    await wait(Math.min(10, MINUTES - minute));
    const nowBytes = await heapBytes();
    console.log(
      `after ${minute + 10} min, ${pushes} pushes: ${(nowBytes / 1e6).toFixed(2)} MB of ${(beforeBytes / 1e6).toFixed(2)} MB`,
    );
  }
  const growth = (await heapBytes()) / beforeBytes - 1;
  console.log(`heap after ${MINUTES} min and ${pushes} pushes: ${(growth * 100).toFixed(1)} % more`);
  expect(pushes).toBeGreaterThan(MINUTES * 6);
  expect(growth).toBeLessThan(HEAP_GROWTH);
});
