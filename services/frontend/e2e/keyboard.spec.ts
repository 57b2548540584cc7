import type { FileChooser, Locator, Page } from "@playwright/test";
import { expect, file, flow, longFlow, sample, uploadRow } from "./board";

/** Press Tab, or Shift+Tab, until `target` has the focus. */
async function tabTo(page: Page, target: Locator, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  for (let presses = 0; presses < 80; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  await expect(target).toBeFocused();
}

flow("opens pages and videos by the keyboard alone", async ({ board }) => {
  await board.keyboard.press("g");
  await board.keyboard.press("s");
  await expect(board.getByRole("heading", { name: "Settings" })).toBeVisible();
  await expect(board.getByRole("listitem").filter({ hasText: "AUTH_TOKEN_FILE" })).toContainText(
    "Set by the deployment",
  );
  await board.keyboard.press("Control+k");
  await expect(board.getByRole("combobox")).toBeFocused();
  await board.keyboard.type("gall");
  await board.keyboard.press("Enter");
  await expect(board).toHaveURL(/\/gallery$/);
  await board.keyboard.press("?");
  await expect(board.getByRole("dialog", { name: "Keys" })).toContainText("Go to the videos");
});

longFlow("performs the main actions by keyboard", async ({ page, demo }) => {
  const { keyboard } = page;
  // From the start: a request for the event just before the key may come after it.
  const picker = new Promise<FileChooser>((resolve) => page.once("filechooser", resolve));
  await page.goto("/videos");
  await expect(page.getByLabel("Access token")).toBeFocused();
  await keyboard.type(demo.token);
  await keyboard.press("Enter");
  await expect(page.getByRole("status", { name: "Connection" })).toHaveText("LIVE");

  await tabTo(page, page.getByRole("banner").getByRole("button", { name: "Upload" }));
  await keyboard.press("Enter");
  await (await picker).setFiles([sample(demo, "by keyboard.3gp"), file("by keyboard.mp4", "no video")]);
  const uploads = page.getByRole("region", { name: "Uploads" });
  await expect(uploads).toBeVisible();
  // On a phone, the list is folded.
  const folded = uploads.getByRole("button", { name: "Show the uploads" });
  if (await folded.isVisible()) {
    await tabTo(page, folded, "Shift+Tab");
    await keyboard.press("Enter");
  }
  await expect(uploadRow(page, "by keyboard.3gp").getByRole("img")).toHaveCount(3);
  await expect(uploadRow(page, "by keyboard.mp4")).toContainText("Failed");
  // Backwards: the list of uploads is the end of the page, behind all videos.
  await tabTo(page, page.getByRole("button", { name: "Clear finished" }), "Shift+Tab");
  await keyboard.press("Enter");
  await expect(uploads).toHaveCount(0);

  await page.goto("/videos");
  await tabTo(page, page.getByLabel("Search by name"));
  await keyboard.type("by keyboard");
  const found = page.getByRole("list", { name: /^Videos/ }).getByRole("link");
  await expect(found).toHaveCount(2);
  await keyboard.press("Tab");
  for (let presses = 0; presses < 2; presses += 1) await keyboard.press("ArrowRight");
  await expect(page).toHaveURL(/state=done/);
  await expect(found).toHaveCount(1);
  await tabTo(page, found.first());
  await keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("by keyboard.3gp");
  await tabTo(page, page.getByRole("button", { name: "Actions on this video" }));
  await keyboard.press("Enter");
  await expect(page.getByRole("menuitem", { name: "Copy link" })).toBeFocused();
  await keyboard.press("Escape");
  await tabTo(page, page.getByRole("link", { name: "Download: 10 %" }));

  await tabTo(page, page.getByRole("link", { name: /^Failures/ }));
  await keyboard.press("Enter");
  const box = page.getByRole("checkbox", { name: "Select by keyboard.mp4" });
  await expect(box).toBeVisible();
  await tabTo(page, box);
  await keyboard.press("Space");
  await tabTo(page, page.getByRole("button", { name: "Redrive 1 anyway" }));
  await keyboard.press("Enter");
  await expect(page.getByRole("region", { name: "Redrive results" })).toContainText("1 failed again", {
    timeout: 60_000,
  });

  const test = page.getByRole("button", { name: "Test pipeline" });
  await tabTo(page, test);
  await keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: "Test pipeline" })).toBeVisible();
  await keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(test).toBeFocused();
  const more = page.getByRole("button", { name: "More actions" });
  await tabTo(page, more);
  await keyboard.press("Enter");
  await keyboard.press("End");
  await keyboard.press("Enter");
  const purge = page.getByRole("dialog", { name: "Purge everything" });
  const typed = purge.getByLabel(/type the pipeline's name/);
  await expect(typed).toBeVisible();
  await tabTo(page, typed);
  await keyboard.type("not its name");
  await expect(purge.getByRole("button", { name: "Delete everything" })).toBeDisabled();
  await keyboard.press("Escape");
  await expect(purge).toHaveCount(0);
});

flow("reaches the skip link and the menu by keyboard", async ({ board }) => {
  await board.keyboard.press("Tab");
  await expect(board.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  await board.getByRole("button", { name: "More actions" }).focus();
  await board.keyboard.press("Enter");
  await expect(board.getByRole("menu").locator("[role^=menuitem]").first()).toBeFocused();
  await board.keyboard.press("End");
  await expect(board.getByRole("menuitem", { name: "Purge" })).toBeFocused();
  await board.keyboard.press("Escape");
  await expect(board.getByRole("button", { name: "More actions" })).toBeFocused();
});
