import type { Page } from "@playwright/test";
import { expect, test } from "./board";
import { expectNoFaults, measureShift } from "./faults";

function setting(page: Page, service: string, name: string) {
  return page.getByRole("region", { name: service }).getByRole("listitem").filter({ hasText: name });
}

test("shows the settings of workers, api and frames", async ({ board, page }) => {
  await board.goto("/settings");
  // Some seconds after its start, a worker of the demo has published its own.
  await expect(setting(board, "Worker", "VISIBILITY_TIMEOUT_S")).toContainText("15Set by the deployment; default: 60");
  await expect(setting(board, "Worker", "WORKER_NAME")).toContainText("(each process has its own)");
  await expect(setting(board, "Api", "AUTH_TOKEN_FILE")).toContainText("Set by the deployment");
  await expect(setting(board, "Frames", "FRAMES_WAIT_S")).toContainText("60Default");
  await expect(setting(board, "Dashboard", "API_BASE_URL")).toContainText(/http:\/\/127[\d.:]+Set by the deployment/);
  await expect(board.getByRole("region", { name: "Worker" })).toContainText(/Version [\d.]+, last reported/);

  await board.getByRole("group", { name: "Service" }).getByText("Worker").click();
  await board.getByLabel("Search settings").fill("hidden from OTHER workers");
  await expect(board).toHaveURL(/service=worker/);
  await expect(board.getByRole("region", { name: "Api" })).toHaveCount(0);
  await expect(board.getByRole("region", { name: "Worker" }).getByRole("listitem")).toHaveCount(1);
  expect(await measureShift(page)).toBeLessThan(0.02);
});

test("names running workers that differ without faults", async ({ board, page }) => {
  await board.route("**/api/settings", async (route) => {
    const answer = await route.fetch();
    const found = (await answer.json()) as {
      services: { service: string; variants: { version: string; items: { name: string; value: string | null }[] }[] }[];
    };
    for (const { service, variants } of found.services) {
      if (service === "frames") variants.length = 0;
      const [newest] = variants;
      if (service !== "worker" || !newest) continue;
      const items = newest.items.map((item) => (item.name === "THUMBNAIL_WIDTH_PX" ? { ...item, value: "320" } : item));
      variants.push({ ...newest, version: "0.0.9", items });
    }
    await route.fulfill({ response: answer, json: found });
  });
  await board.goto("/settings");
  const worker = board.getByRole("region", { name: "Worker" });
  await expect(worker).toContainText("Running processes have different versions or values");
  await expect(worker.getByRole("listitem").first()).toContainText(/THUMBNAIL_WIDTH_PX Differs.*A: 640.*B: 320/);
  await expect(board.getByText("The frames service has not published its settings yet.")).toBeVisible();
  expect(await measureShift(page)).toBeLessThan(0.02);
  await expectNoFaults(page, "settings that differ");
});
