import { readFileSync } from "node:fs";
import {
  expect,
  file,
  flow,
  LARGE_BYTES,
  largeVideo,
  longFlow,
  sample,
  unfoldUploads,
  untilIdle,
  upload,
  uploadInSmallParts,
  uploadRow,
} from "./board";

flow("shows three thumbnails of an upload without reload", async ({ board, demo, suffix }) => {
  await board.evaluate(() => Object.assign(window, { isSamePage: true }));
  await upload(board, sample(demo, `A & <b>bold name${suffix}.3gp`), file("notes.txt", "no video"));
  await expect(uploadRow(board, "notes.txt")).toContainText("Choose one of: .mp4");
  const row = uploadRow(board, "bold");
  await expect(row.getByRole("img")).toHaveCount(3);
  await expect(row).toContainText("Done");
  // The name is shown as text, not parsed as HTML.
  expect(await board.locator("b").count()).toBe(0);
  const latest = board.getByRole("region", { name: "Latest videos" });
  await expect(latest.getByRole("link", { name: `bold name${suffix}.3gp` })).toHaveCount(1);
  await row.getByRole("link").first().click();
  await expect(board.getByRole("heading", { level: 1 })).toContainText(`bold name${suffix}`);
  await expect(board.getByRole("list", { name: "Thumbnails" }).getByRole("img")).toHaveCount(3);
  await expect(board.getByRole("region", { name: "Timeline" })).toContainText("Thumbnails stored");
  expect(await board.evaluate(() => "isSamePage" in window)).toBe(true);
});

flow("shows the storyboard with times and plays the preview", async ({ board, demo, suffix }) => {
  await upload(board, sample(demo, `whole${suffix}.mkv`, "lectures/Lecture 01.mkv"));
  await expect(uploadRow(board, "whole").getByRole("img")).toHaveCount(3);
  await uploadRow(board, "whole").getByRole("link").first().click();
  const whole = board.getByRole("region", { name: "The whole video" });
  await expect(whole).toContainText("4 pictures, one every 5 s");
  const strip = whole.getByRole("region", { name: "Storyboard" });
  await expect(strip.getByRole("listitem")).toHaveText(["0:00", "0:05", "0:10", "0:15"]);
  // Each tile shows another part of the same sheet, at its own size.
  const tiles = strip.locator("img");
  await tiles.last().scrollIntoViewIfNeeded();
  await expect
    .poll(() => tiles.evaluateAll((all) => all.map((tile) => (tile as HTMLImageElement).naturalWidth)))
    .toEqual([640, 640, 640, 640]);
  const boxes = await tiles.evaluateAll((all) => all.map((tile) => [tile.clientWidth, tile.clientHeight]));
  expect(boxes).toEqual(Array.from({ length: 4 }, () => [160, 90]));
  const pictures = await Promise.all(
    (await tiles.all()).map(async (tile) => (await tile.screenshot()).toString("base64")),
  );
  expect(new Set(pictures).size).toBe(4);
  await board.setViewportSize({ width: 390, height: 844 });
  await strip.focus();
  await board.keyboard.press("ArrowRight");
  await expect.poll(() => strip.evaluate((element) => element.scrollLeft)).toBeGreaterThan(0);
  expect(await board.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await expect(whole.getByRole("link", { name: "WebVTT" })).toHaveAttribute("href", /_storyboard\.vtt/);

  await expect(whole.getByRole("img", { name: /stopped$/ })).toHaveAttribute("src", /_1\.jpg/);
  await whole.getByRole("button", { name: "Play the preview" }).focus();
  await board.keyboard.press("Enter");
  const preview = whole.getByRole("img", { name: /playing$/ });
  await expect(preview).toHaveAttribute("src", /_preview\.webp/);
  await expect.poll(() => preview.evaluate((picture) => (picture as HTMLImageElement).naturalWidth)).toBe(320);
  await whole.getByRole("button", { name: "Stop the preview" }).click();
  await expect(whole.getByRole("img", { name: /stopped$/ })).toBeVisible();
});

flow("pins the poster to a candidate and to any frame, and lets it be chosen", async ({ board, demo, suffix }) => {
  const name = `poster${suffix}.mkv`;
  await upload(board, sample(demo, name, "lectures/Lecture 01.mkv"));
  await expect(uploadRow(board, name).getByRole("img")).toHaveCount(3);
  await uploadRow(board, name).getByRole("link").first().click();
  const card = board.getByRole("region", { name: "Poster" });
  const candidates = card.getByRole("radio");
  await expect(candidates.first()).toBeChecked();
  expect(await candidates.count()).toBeGreaterThan(1);
  await expect(card).toContainText("Chosen by the scores");

  await candidates.first().focus();
  await board.keyboard.press("ArrowRight");
  await expect(candidates.nth(1)).toBeChecked();
  await card.getByRole("button", { name: "Use this frame" }).click();
  await expect(card).toContainText("Pinned at");
  await expect(candidates.nth(1)).toBeChecked();
  await expect(card.getByRole("button", { name: "Use this frame" })).toBeDisabled();
  const poster = card.getByRole("img", { name: `Poster of ${name}` });
  const before = await poster.getAttribute("src");

  await card.getByRole("slider", { name: "Any other frame" }).fill("7.3");
  // The frames service shows the exact frame.
  await expect(card.getByRole("img", { name: `${name} at 0:07.30` })).toHaveAttribute("src", /^\/f\/uploads/);
  await card.getByRole("button", { name: "Use this frame" }).click();
  await expect(card).toContainText("Pinned at 0:07.");
  // The same key has another picture, so its address is another one.
  await expect(poster).not.toHaveAttribute("src", before ?? "");
  await expect.poll(() => poster.evaluate((picture) => (picture as HTMLImageElement).naturalWidth)).toBe(640);
  await board.reload();
  await expect(card).toContainText("Pinned at 0:07.");
  await card.getByRole("button", { name: "Let it be chosen" }).click();
  await expect(card).toContainText("Chosen by the scores");
});

flow("uploads files dropped on the page", async ({ board, demo, suffix }) => {
  // As text: Playwright takes 6 s of CPU time for an array of as many numbers.
  const [name, bytes] = [`dropped${suffix}.3gp`, readFileSync(sample(demo, "dropped.3gp"), "base64")];
  const transfer = await board.evaluateHandle(
    ([to, content]) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(atob(content), (byte) => byte.charCodeAt(0))], to));
      return data;
    },
    [name, bytes] as const,
  );
  await board.dispatchEvent("body", "dragenter", { dataTransfer: transfer });
  await expect(board.getByText("Drop videos to upload them")).toBeVisible();
  await board.dispatchEvent("body", "drop", { dataTransfer: transfer });
  await unfoldUploads(board);
  await expect(uploadRow(board, name).getByRole("img")).toHaveCount(3);
});

longFlow("sends a large file in parts", async ({ board, demo }) => {
  const sent: string[] = [];
  board.on("requestfinished", (request) => {
    const number = request.method() === "PUT" ? new URL(request.url()).searchParams.get("partNumber") : null;
    if (number) sent.push(number);
  });
  await upload(board, largeVideo(demo, "large.mp4", LARGE_BYTES));
  await expect(uploadRow(board, "large.mp4").getByRole("progressbar")).toBeVisible();
  await expect(uploadRow(board, "large.mp4").getByRole("img")).toHaveCount(3, { timeout: 240_000 });
  expect(sent.sort()).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
});

longFlow("repeats the parts of a file that were lost", async ({ board, demo }) => {
  const lost: string[] = [];
  await board.route(/partNumber=2/, async (route) => {
    if (lost.length > 0) return route.continue();
    lost.push(route.request().url());
    await route.abort("connectionreset");
  });
  await uploadInSmallParts(board, demo, "repeated.mp4");
  await expect(uploadRow(board, "repeated.mp4").getByRole("img")).toHaveCount(3, { timeout: 240_000 });
  expect(lost).toHaveLength(1);
});

longFlow("cancels an upload and retries it", async ({ board, demo }) => {
  let isHeld = true;
  await board.route(/partNumber=/, async (route) => {
    while (isHeld) await new Promise((resolve) => setTimeout(resolve, 100));
    await route.continue().catch(() => undefined);
  });
  await uploadInSmallParts(board, demo, "second thoughts.mp4");
  await board.getByRole("button", { name: "Cancel the upload of second thoughts.mp4" }).click();
  await expect(uploadRow(board, "second thoughts.mp4")).toContainText("Cancelled");
  isHeld = false;
  await board.unroute(/partNumber=/);
  await board.getByRole("button", { name: "Retry the upload of second thoughts.mp4" }).click();
  await expect(uploadRow(board, "second thoughts.mp4").getByRole("img")).toHaveCount(3, { timeout: 240_000 });
});

flow("filters and sorts the gallery in the address", async ({ board }) => {
  await untilIdle(board);
  await board.goto("/gallery");
  const list = board.getByRole("list", { name: /^Videos with/ });
  const tiles = list.getByRole("link");
  await expect(tiles.filter({ hasText: "50 %" }).first()).toBeVisible();
  await tiles.first().focus();
  await board.keyboard.press("ArrowLeft");
  await expect(tiles.first()).toContainText("10 %");
  await board.getByText("95 %", { exact: true }).first().click();
  await expect(board).toHaveURL(/\?position=95$/);
  await expect(tiles.filter({ hasText: "50 %" })).toHaveCount(0);
  await board.reload();
  await expect(tiles.filter({ hasText: "95 %" }).first()).toBeVisible();
  await expect(tiles.filter({ hasText: "10 %" })).toHaveCount(0);
  await board.getByLabel("Order").selectOption("Oldest first");
  await expect(board).toHaveURL(/sort=oldest/);
  await expect(list).toHaveAccessibleName("Videos with thumbnails: oldest first");
  await board.getByRole("button", { name: "Filters" }).click();
  await board.getByLabel("Folder").fill("phone");
  await expect(tiles).toHaveCount(3);
  await board.goBack();
  await expect(tiles.nth(1)).toBeVisible();
  await board.goBack();
  await expect(list).toHaveAccessibleName("Videos with thumbnails: newest first");
});

flow("opens a tile large, scrubs by keys and pointer, and returns", async ({ board }) => {
  await untilIdle(board);
  await board.goto("/gallery?folder=phone");
  const tile = board
    .getByRole("list", { name: /^Videos with/ })
    .getByRole("link")
    .first();
  const sheets: string[] = [];
  board.on("request", (request) => {
    if (request.url().includes("_storyboard.jpg")) sheets.push(request.url());
  });
  await expect(tile).toBeVisible();
  const name = (await tile.getAttribute("title")) ?? "";
  expect(sheets).toEqual([]);
  const before = await tile.boundingBox();
  await tile.hover({ position: { x: 5, y: 20 } });
  await expect(tile.locator("[data-preview]")).toHaveAttribute("data-preview", "0");
  expect(await tile.boundingBox()).toEqual(before);
  await tile.click({ position: { x: 5, y: 20 } });
  const lightbox = board.getByRole("dialog", { name });
  const bar = lightbox.getByRole("slider");
  await expect(bar).toBeFocused();
  await expect(bar).toHaveAttribute("aria-valuetext", /^0:00 of/);
  await expect(board).toHaveURL(/show=uploads%2Fphone.*&at=0$/);
  await board.keyboard.press("End");
  await expect(bar).toHaveAttribute("aria-valuetext", /thumbnail at 95 %$/);
  await expect(board).toHaveURL(/&at=[1-9]/);
  const end = board.url();
  // Near the mark in the middle, the bar takes the thumbnail.
  const { x, y, width, height } = (await bar.boundingBox())!;
  await board.mouse.click(x + width / 2 + 4, y + height / 2);
  await expect(bar).toHaveAttribute("aria-valuetext", /thumbnail at 50 %$/);
  await expect
    .poll(() => lightbox.getByRole("img").evaluate((picture) => (picture as HTMLImageElement).naturalWidth))
    .toBeGreaterThan(0);
  // The address follows the bar a moment later.
  await expect(board).not.toHaveURL(end);
  const address = board.url();
  await board.keyboard.press("j");
  const next = board.getByRole("dialog");
  await expect(next).toContainText("2 of 3");
  const key = new URL(board.url()).searchParams.get("show") ?? "";
  await board.keyboard.press("Escape");
  await expect(next).toHaveCount(0);
  await expect(board.locator(`[data-video="${key}"]`)).toBeFocused();
  await expect(board).toHaveURL(/\?folder=phone$/);
  await board.goto(address);
  await expect(bar).toHaveAttribute("aria-valuetext", /thumbnail at 50 %$/);
  await lightbox.getByRole("button", { name: "Close" }).click();
  await expect(board).toHaveURL(/\?folder=phone$/);
});

flow("finds a video by name in the address", async ({ board, demo, suffix }) => {
  await upload(board, sample(demo, `Café brûlée${suffix}.3gp`));
  await expect(uploadRow(board, "brûlée")).toContainText("Done");
  await board.goto("/videos");
  const rows = board.getByRole("list", { name: /^Videos/ }).getByRole("link");
  await expect(rows.nth(1)).toBeVisible();
  await board.getByLabel("Search by name").fill(`fe BRULEE${suffix}.`);
  await expect(rows).toHaveCount(1);
  await expect(board).toHaveURL(/q=fe\+BR/);
  await board.getByLabel("Search by name").fill("no such video");
  await expect(board.getByText("No videos found")).toBeVisible();
  await board.goBack();
  await expect(board.getByLabel("Search by name")).toHaveValue("");
  await expect(rows.nth(1)).toBeVisible();
  await board.getByLabel("Search by name").fill("no such video");
  await board.getByRole("button", { name: "Show all videos" }).click();
  await expect(rows.nth(1)).toBeVisible();
});

flow("regenerates a video with other options and deletes all that match", async ({ board, demo, suffix }) => {
  await upload(board, ...[1, 2].map((number) => sample(demo, `to delete ${number}${suffix}.3gp`)));
  for (const name of ["to delete 1", "to delete 2"]) await expect(uploadRow(board, name)).toContainText("Done");
  await uploadRow(board, "to delete 1").getByRole("link").first().click();
  await board.getByRole("button", { name: "Actions on this video" }).click();
  await board.getByRole("menuitem", { name: "Make the thumbnails again …" }).click();
  const dialog = board.getByRole("dialog", { name: "Make the thumbnails again" });
  await dialog.getByText("Other options than the settings of the workers").click();
  await dialog.getByLabel("Format").selectOption("webp");
  await dialog.getByRole("button", { name: "Make again" }).click();
  await expect(board.getByRole("region", { name: "Details" })).toContainText("webp");

  await board.goto("/videos?q=to+delete");
  await board.getByRole("checkbox", { name: /^Select to delete 1/ }).check();
  const bar = board.getByRole("region", { name: "Selected videos" });
  await bar.getByRole("button", { name: "Select all 2 that match" }).click();
  await bar.getByRole("button", { name: "Delete …" }).click();
  await board.getByRole("button", { name: "Delete 2 videos" }).click();
  await expect(board.getByRole("region", { name: "Delete videos" })).toContainText("2 of 2, finished");
  await expect(board.getByText("No videos found")).toBeVisible();
});
