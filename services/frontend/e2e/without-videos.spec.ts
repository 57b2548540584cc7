/** The last file: the tests before need the samples of the demo. */

import { expect, flow, sample, untilIdle, upload, uploadRow } from "./board";

flow("purges after a confirmation and leaves an empty gallery", async ({ board, demo, suffix }) => {
  if (suffix) {
    // The view before has deleted everything.
    await upload(board, sample(demo, "to purge.3gp"));
    await expect(uploadRow(board, "to purge").getByRole("img")).toHaveCount(3);
  }
  await untilIdle(board);
  await board.getByRole("button", { name: "More actions" }).click();
  await board.getByRole("menuitem", { name: "Purge" }).click();
  const dialog = board.getByRole("dialog", { name: "Purge everything" });
  await expect(dialog).toContainText(/[\d,]+ videos?, [\d,]+ thumbnails/);
  await expect(dialog).toContainText(/objects under uploads\/ and thumbnails\/ \([\d.]+ [kM]B\)/);
  const confirm = dialog.getByRole("button", { name: "Delete everything" });
  await expect(confirm).toBeDisabled();
  await dialog.getByLabel(/type the pipeline's name/).fill("thumbnails");
  await confirm.click();
  await expect(dialog).toContainText(/Purge finished: [\d,]+ objects deleted/, { timeout: 180_000 });
  await dialog.getByRole("button", { name: "Close" }).first().click();
  await board.goto("/gallery");
  await expect(board.getByText("No thumbnails yet")).toBeVisible();
  await expect(board.getByText("Add your first video")).toBeVisible();
});
