import { expect, flow, untilIdle } from "./board";

flow("shows figures, pods and queue on the overview", async ({ board }) => {
  await untilIdle(board);
  await board.reload();
  for (const name of [
    "Processed thumbnails",
    "Running pods",
    "Queue depth",
    "In flight",
    "Total pods",
    "Storage used",
  ]) {
    await expect(board.getByRole("term").filter({ hasText: name })).toBeVisible();
  }
  const pods = board.getByRole("region", { name: "Pods" });
  await expect(pods.getByRole("listitem").filter({ hasText: "worker-1" })).toContainText("Running");
  await expect(board.getByRole("img", { name: /^Depth of the queue/ })).toBeVisible();
  await board.getByRole("button", { name: "Show as table" }).click();
  await expect(board.getByRole("table").getByRole("row").nth(1)).toBeVisible();
});
