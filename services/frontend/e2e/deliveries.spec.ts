import type { Locator, Page } from "@playwright/test";
import { expect, longFlow, sample, test, upload } from "./board";
import { expectNoFaults, measureShift } from "./faults";
import { isSigned, Receiver } from "./receiver";

const NAME = "Media library";

// The second test goes on with the webhook of the first.
test.describe.configure({ mode: "serial" });

let receiver: Receiver;
test.beforeAll(async () => {
  receiver = await Receiver.start();
});
test.afterAll(() => receiver.stop());

const secretIn = async (dialog: Locator) => (await dialog.getByLabel("Secret").textContent()) ?? "";

async function choose(page: Page, item: string): Promise<void> {
  await page.getByRole("button", { name: `Actions on ${NAME}` }).click();
  await page.getByRole("menuitem", { name: item }).click();
}

/** Locate the delivery about a video to the webhook, or to another target. */
function rows(page: Page, text: string, target = NAME): Locator {
  const all = page.getByRole("list", { name: "Deliveries" }).getByRole("listitem");
  return all.filter({ hasText: text }).filter({ hasText: target });
}

longFlow("adds a webhook, shows its deliveries and sends them again", async ({ board, demo }) => {
  await board.keyboard.press("g");
  await board.keyboard.press("w");
  await expect(board.getByRole("heading", { level: 1 })).toHaveText("Webhooks");
  await expect(board.getByText("No webhooks yet")).toBeVisible();

  await board.getByRole("button", { name: "Add webhook" }).click();
  const form = board.getByRole("dialog", { name: "Add a webhook" });
  await form.getByLabel("Address").fill("https://not a host/");
  await form.getByLabel("Description").fill(NAME);
  await expectNoFaults(board, "form of a webhook");
  await form.getByLabel("Address").fill(receiver.url);
  await form.getByRole("checkbox", { name: "deleted" }).uncheck();
  await form.getByRole("button", { name: "Add" }).click();
  const shown = board.getByRole("dialog", { name: "Secret of the webhook" });
  await expect(shown.getByLabel("Secret")).toHaveText(/^whsec_.{40,}$/);
  const secret = await secretIn(shown);
  await expectNoFaults(board, "secret of a webhook");
  await shown.getByRole("button", { name: "I have copied it" }).click();
  expect(await board.content()).not.toContain(secret);

  await choose(board, "Send a test");
  await expect(board.getByText(/The test was accepted: status 204/)).toBeVisible();
  const [tested] = receiver.about("webhook.test");
  expect(tested && isSigned(tested, secret)).toBe(true);

  await upload(board, sample(demo, "hooked.3gp"));
  await expect(rows(board, "hooked.3gp")).toContainText("Delivered");
  await expect(rows(board, "hooked.3gp", "EventBridge")).toContainText("Delivered");
  const [done] = receiver.about("hooked.3gp");
  expect(done && isSigned(done, secret)).toBe(true);
  await rows(board, "hooked.3gp").getByRole("button", { name: "Send again" }).click();
  await expect.poll(() => receiver.about("hooked.3gp").length).toBe(2);
  expect(new Set(receiver.about("hooked.3gp").map(({ headers }) => headers["webhook-id"])).size).toBe(1);

  receiver.status = 503;
  await upload(board, sample(demo, "refused.3gp"));
  await expect(rows(board, "refused.3gp")).toContainText("503");
  receiver.status = 204;
  await board.getByText("Delivered", { exact: true }).first().click();
  await expect(board).toHaveURL(/state=delivered/);
  await expect(rows(board, "refused.3gp")).toHaveCount(0);
  await board.goBack();
  await rows(board, "hooked.3gp").getByRole("button", { name: "Attempts for hooked.3gp" }).click();
  await expect(rows(board, "hooked.3gp").getByRole("table")).toContainText("204 accepted");
  await expectNoFaults(board, "webhooks and deliveries");
  for (const width of [1440, 390]) {
    await board.setViewportSize({ width, height: 900 });
    await board.reload();
    await expect(rows(board, "hooked.3gp")).toBeVisible();
    expect(await measureShift(board), `${width} px`).toBeLessThan(0.02);
  }
});

longFlow("replaces the secret, sends a time window again and deletes the webhook", async ({ visitor: board }) => {
  await board.goto("/webhooks");
  await choose(board, "Replace the secret …");
  await board.getByRole("dialog").getByRole("button", { name: "Replace" }).click();
  const shown = board.getByRole("dialog", { name: "Secret of the webhook" });
  await expect(shown).toContainText("messages also have a signature of the previous secret");
  const secret = await secretIn(shown);
  await board.keyboard.press("Escape");
  await expect(board.getByText(/The previous secret is valid too until/)).toBeVisible();

  const before = receiver.about("hooked.3gp").length;
  await choose(board, "Send again …");
  const dialog = board.getByRole("dialog", { name: "Send events again" });
  await expectNoFaults(board, "time window");
  await dialog.getByRole("button", { name: "Send again" }).click();
  await expect(board.getByText(/deliver(y|ies) will be sent again/)).toBeVisible();
  await expect.poll(() => receiver.about("hooked.3gp").length).toBeGreaterThan(before);
  const latest = receiver.about("hooked.3gp").at(-1);
  expect(latest && isSigned(latest, secret)).toBe(true);

  await choose(board, "Switch off");
  await expect(board.getByText("Off", { exact: true })).toBeVisible();
  await choose(board, "Delete …");
  await board.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(board.getByText("No webhooks yet")).toBeVisible();
});
