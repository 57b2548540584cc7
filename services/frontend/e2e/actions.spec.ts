import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, file, flow, longFlow, sample, untilIdle, upload, uploadRow } from "./board";

longFlow("groups failed videos by reason and follows a redrive", async ({ board }) => {
  await upload(
    board,
    ...Array.from({ length: 7 }, (_, index) => file(`broken ${index}.mp4`, `this is no video ${index}`)),
  );
  for (let index = 0; index < 7; index += 1)
    await expect(uploadRow(board, `broken ${index}.mp4`)).toContainText("Failed");
  await board.getByRole("link", { name: /^Failures/ }).click();
  const group = board.getByRole("region", { name: "Not a video" });
  await group.getByRole("button", { name: "Show 2 more" }).click();
  await expect(group.getByRole("listitem").filter({ hasText: "broken" })).toHaveCount(7);
  await board.getByRole("checkbox", { name: /^Select all with the reason: Not a video/ }).check();
  await board.getByRole("button", { name: "Try 5 first" }).click();
  const outcome = board.getByRole("region", { name: "Redrive results" });
  await expect(outcome).toContainText("0 done, 5 failed again, 0 pending", { timeout: 180_000 });
  await outcome.getByRole("button", { name: "Redrive the other 2" }).click();
  await expect(outcome).toContainText("0 done, 7 failed again, 0 pending", { timeout: 180_000 });
});

flow("retries a failed video from its page", async ({ visitor: board }) => {
  await board.goto(`/video?key=${encodeURIComponent("uploads/broken 0.mp4")}`);
  await expect(board.getByRole("main")).toContainText("Failed");
  await board.getByRole("button", { name: "Retry" }).click();
  await expect(board.getByText("The video is in the queue again")).toBeVisible();
});

flow("pauses processing on every page and resumes it", async ({ board, demo, suffix }) => {
  await untilIdle(board);
  const notice = board.getByRole("banner").getByText("Processing is paused");
  const logs = join(demo.data, "logs");
  const countPaused = () =>
    readdirSync(logs)
      .filter((name) => name.startsWith("worker"))
      .flatMap((name) => readFileSync(join(logs, name), "utf8").match(/"processing_paused"/g) ?? []).length;
  const before = countPaused();
  await board.getByRole("button", { name: "More actions" }).click();
  await board.getByRole("menuitem", { name: "Pause processing" }).click();
  await board.getByRole("dialog", { name: "Pause processing" }).getByRole("button", { name: "Pause" }).click();
  await expect(notice).toBeVisible();
  try {
    // Until then, a poll that began before the pause can receive a video.
    await expect.poll(countPaused).toBe(before + 2);
    await upload(board, sample(demo, `in a pause${suffix}.3gp`));
    await expect(board.getByRole("banner")).toContainText("1 message in the queue");
    await board.getByRole("link", { name: "Gallery" }).click();
    await board.getByRole("button", { name: "Resume …" }).click();
    const dialog = board.getByRole("dialog", { name: "Processing is paused" });
    await expect(dialog).toContainText("The queue deletes the oldest message on");
    await dialog.getByRole("button", { name: "Resume" }).click();
    await expect(notice).toHaveCount(0);
    await expect(uploadRow(board, "in a pause").getByRole("img")).toHaveCount(3);
  } finally {
    await board.request.put("/api/processing", { data: { paused: false } });
  }
});

flow("shows the log lines of an upload and of all services", async ({ visitor: board, suffix }) => {
  await board.goto(`/video?key=${encodeURIComponent(`uploads/in a pause${suffix}.3gp`)}`);
  const card = board.getByRole("region", { name: "Log lines" });
  await card.getByRole("button", { name: "Show log lines" }).click();
  const lines = card.getByRole("list", { name: "Log lines" }).getByRole("listitem");
  // The api writes a line, too, when it has sent the event of the end to the event bus.
  await expect(lines.filter({ hasText: "video_done" })).toHaveCount(1);
  await expect(lines.last()).toContainText("video_received");
  await card.getByRole("link", { name: "Open in Logs" }).click();
  const all = board.getByRole("list", { name: "Logs" }).getByRole("listitem");
  await expect(all.filter({ hasText: "video_received" })).toHaveCount(1);
  expect(await all.count()).toBeLessThan(4);
  await board.getByRole("button", { name: /^Only the upload/ }).click();
  await expect.poll(() => all.count()).toBeGreaterThan(4);
  await board.getByRole("group", { name: "Service" }).getByText("Api", { exact: true }).click();
  await board.getByLabel("Search in lines").fill("API_started");
  await expect(board).toHaveURL(/range=7d&service=api&q=API_started/);
  await expect(all.first()).toContainText("api_started");
  await all.first().getByText("Fields").click();
  await expect(all.first()).toContainText("auth_mode");
});

longFlow("shows each step of a test run", async ({ board }) => {
  await untilIdle(board);
  await board.getByRole("banner").getByRole("button", { name: "Test pipeline" }).click();
  const dialog = board.getByRole("dialog", { name: "Test pipeline" });
  await expect(dialog.getByRole("listitem")).toHaveCount(0);
  await dialog.getByRole("button", { name: "Start the test" }).click();
  await expect(dialog.getByRole("listitem")).not.toHaveCount(0);
  await expect(dialog).toContainText(/All thumbnails were stored after [\d.]+ s/, { timeout: 240_000 });
  // A phone has no room for the pictures.
  await expect(dialog.getByRole("img").first()).toBeVisible({ visible: (board.viewportSize()?.width ?? 0) > 640 });
  const count = await dialog.getByRole("listitem").count();
  await dialog.getByRole("button", { name: "Delete the test videos" }).click();
  await expect(dialog).toContainText(`${count} test videos deleted.`, { timeout: 120_000 });
});

longFlow("reconnects without losing history after the api is killed", async ({ board, demo }) => {
  const points = async () => {
    await board.getByRole("button", { name: "Show as table" }).click();
    const times = await board.getByRole("table").getByRole("row").allInnerTexts();
    await board.getByRole("button", { name: "Show as chart" }).click();
    return times.slice(1).map((row) => row.split("\t")[0]);
  };
  await board.evaluate(() => {
    const seen: string[] = [];
    const badge = document.querySelector("header");
    if (badge)
      new MutationObserver(() => seen.push(badge.textContent ?? "")).observe(badge, {
        subtree: true,
        childList: true,
        characterData: true,
        attributes: true,
      });
    Object.assign(window, { seen });
  });
  const before = await points();
  process.kill(demo.pidOf("services.api"), "SIGKILL");
  await expect
    .poll(() => board.evaluate(() => (window as unknown as { seen: string[] }).seen.join()))
    .toMatch(/DOWN.*Not connected\./s);
  // The wait between attempts grows to 30 s, and a busy machine needs time to start an api.
  await expect(board.getByRole("status", { name: "Connection" })).toHaveText("LIVE", { timeout: 120_000 });
  const after = await points();
  for (const time of before.slice(0, -3).slice(0, 20)) expect(after).toContain(time);
});
