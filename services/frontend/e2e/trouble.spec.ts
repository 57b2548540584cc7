/** Behaviour of the dashboard when the services behind it, the connection or the session fail. */

import { readFileSync, writeFileSync } from "node:fs";
import { expect, longFlow, unfoldUploads, uploadInSmallParts, uploadRow } from "./board";

longFlow("shows STALE and names the source when AWS hangs", async ({ board, demo }) => {
  const aws = demo.pidOf("services.local.embedded_aws");
  const connection = board.getByRole("status", { name: "Connection" });
  process.kill(aws, "SIGSTOP");
  try {
    await expect(connection).toHaveText("STALE", { timeout: 60_000 });
    await expect(board.getByText(/^data (\d+ s|1 min( \d+ s)?) old$/)).toBeVisible();
    await expect(board.getByRole("region", { name: "Queue" })).toContainText(
      /The queue has not answered for .+\. The last known data is shown/,
    );
    await expect(board.getByRole("region", { name: "Performance" })).toContainText(
      /The videos table has not answered for/,
    );
    await expect(board.getByRole("term").filter({ hasText: "Queue depth" }).locator("..")).toContainText(/ old$/);
    await expect(board.getByRole("region", { name: "Pods" })).not.toContainText("has not answered");
  } finally {
    process.kill(aws, "SIGCONT");
  }
  await expect(connection).toHaveText("LIVE", { timeout: 120_000 });
  await expect(board.getByText("has not answered")).toHaveCount(0);
});

longFlow("shows STALE, DOWN and LIVE around an outage", async ({ board, demo }) => {
  const api = demo.pidOf("services.api");
  const connection = board.getByRole("status", { name: "Connection" });
  process.kill(api, "SIGSTOP");
  try {
    await expect(connection).toHaveText("STALE", { timeout: 60_000 });
    await expect(connection).toHaveText("DOWN", { timeout: 60_000 });
  } finally {
    process.kill(api, "SIGCONT");
  }
  await expect(connection).toHaveText("LIVE", { timeout: 150_000 });
});

longFlow("continues an upload in parts after a lost connection", async ({ board, context, demo }) => {
  const begun: string[] = [];
  const received: string[] = [];
  const numberOf = (url: string) => new URL(url).searchParams.get("partNumber") ?? "";
  let isHeld = true;
  await board.route(/partNumber=/, async (route) => {
    const number = numberOf(route.request().url());
    begun.push(number);
    // The connection is lost in the middle of the upload: until then, three parts pass.
    while (isHeld && Number(number) > 3) await new Promise((resolve) => setTimeout(resolve, 100));
    await route.continue().catch(() => undefined);
  });
  board.on("requestfinished", (request) => {
    if (request.method() === "PUT" && numberOf(request.url())) received.push(numberOf(request.url()));
  });
  await uploadInSmallParts(board, demo, "tunnel.mp4");
  const row = uploadRow(board, "tunnel.mp4");
  await expect.poll(() => received.length, { timeout: 240_000 }).toBe(3);
  await context.setOffline(true);
  isHeld = false;
  await expect(row.getByText("The connection is lost")).toBeVisible();
  const before = new Set(received);
  // Longer than the first few attempts: an upload waits for the connection without a limit.
  await board.waitForTimeout(8000);
  await expect(row).toHaveAttribute("data-upload", "sending");
  begun.length = 0;
  await context.setOffline(false);
  await expect(row.getByRole("img")).toHaveCount(3, { timeout: 240_000 });
  await expect(row).toContainText("Done");
  expect(begun.filter((number) => before.has(number))).toEqual([]);
});

longFlow("continues an upload after the api dies", async ({ board, demo }) => {
  let killed = false;
  // The last part: the api must still be away when the upload is complete.
  await board.route(/partNumber=7/, async (route) => {
    if (!killed) process.kill(demo.pidOf("services.api"), "SIGKILL");
    killed = true;
    await route.continue().catch(() => undefined);
  });
  await uploadInSmallParts(board, demo, "restart.mp4");
  const row = uploadRow(board, "restart.mp4");
  await expect(row.getByText("The server answered with status 502")).toBeVisible({ timeout: 240_000 });
  await expect(row.getByRole("img")).toHaveCount(3, { timeout: 240_000 });
});

longFlow("continues an upload after the session ends", async ({ board, demo }) => {
  const file = demo.endpoints.token_file;
  const before = readFileSync(file, "utf8");
  const after = "the-token-after-its-rotation-0123456789";
  let isHeld = true;
  await board.route(/partNumber=/, async (route) => {
    while (isHeld) await new Promise((resolve) => setTimeout(resolve, 200));
    await route.continue().catch(() => undefined);
  });
  await uploadInSmallParts(board, demo, "rotated.mp4");
  await expect(uploadRow(board, "rotated.mp4").getByRole("progressbar")).toBeVisible();
  await board.getByRole("link", { name: "Videos" }).click();
  await board.getByRole("group", { name: "State" }).getByText("Done").click();
  await expect(board).toHaveURL(/\/videos\?state=done$/);
  writeFileSync(file, after);
  try {
    isHeld = false;
    await expect(board).toHaveURL(/\/login\?expired=1&next=%2Fvideos%3Fstate%3Ddone/, { timeout: 60_000 });
    await expect(board.getByText("Your session has ended")).toBeVisible();
    await board.getByLabel("Access token").fill(after);
    await board.keyboard.press("Enter");
    await expect(board).toHaveURL(/\/videos\?state=done$/);
    await expect(board.getByRole("radio", { name: /^Done/ })).toBeChecked();
    await expect(board.getByRole("status", { name: "Connection" })).toHaveText("LIVE");
    await unfoldUploads(board);
    await expect(uploadRow(board, "rotated.mp4").getByRole("img")).toHaveCount(3, { timeout: 240_000 });
  } finally {
    await demo.rotate(before);
  }
});

longFlow("redirects an idle page when its session ends", async ({ board, demo }) => {
  const file = demo.endpoints.token_file;
  const before = readFileSync(file, "utf8");
  writeFileSync(file, "the-token-after-its-rotation-0123456789");
  try {
    await expect(board).toHaveURL(/\/login\?expired=1&next=%2F$/, { timeout: 60_000 });
  } finally {
    await demo.rotate(before);
  }
});
