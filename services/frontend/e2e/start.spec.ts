import type { Page } from "@playwright/test";
import { expect, test } from "./board";

/** Return the addresses of the api that the page asks for, until its data is there. */
async function callsOf(page: Page, path: string): Promise<string[]> {
  const calls: string[] = [];
  const note = (request: { url: () => string }) => {
    const { pathname, search } = new URL(request.url());
    if (pathname.startsWith("/api/")) calls.push(pathname + search);
  };
  page.on("request", note);
  await page.goto(path, { waitUntil: "networkidle" });
  page.off("request", note);
  return calls;
}

test("asks for each page's first data once, together with its scripts", async ({ visitor }) => {
  // Without the pushes: a change of the last half minute would let the pages ask again.
  await visitor.routeWebSocket("**/ws", () => undefined);
  for (const path of ["/", "/gallery", "/videos", "/video?key=uploads/a.mp4", "/failures", "/history", "/settings"]) {
    const answer = await visitor.request.get(path, { headers: { "sec-fetch-dest": "document" } });
    const announced = [...(answer.headers().link ?? "").matchAll(/<(\/api\/[^>]+)>/g)].map(([, address]) => address);
    expect(announced, path).toContain("/api/config");
    const calls = await callsOf(visitor, path);
    // Chromium took the call from the answer's header, before any script ran.
    expect(
      await visitor.evaluate(() =>
        performance
          .getEntriesByType("resource")
          .find(({ name }) => name.endsWith("/api/config"))
          ?.toJSON(),
      ),
    ).toMatchObject({ initiatorType: "link" });
    for (const address of announced)
      expect(
        calls.filter((call) => call === address),
        `${path}: ${address}`,
      ).toHaveLength(1);
  }
});

test("draws a chart when it comes near the window", async ({ board }) => {
  await board.setViewportSize({ width: 390, height: 700 });
  await board.goto("/");
  const chart = board.getByRole("img", { name: /^Depth of the queue/ });
  await expect(chart).toBeAttached();
  await expect(board.getByRole("region", { name: "Pods" }).getByRole("listitem").first()).toBeAttached();
  await expect(chart.locator("canvas")).toHaveCount(0);
  await chart.scrollIntoViewIfNeeded();
  await expect(chart.locator("canvas")).toBeVisible();
});
