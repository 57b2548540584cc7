import { expect, it } from "vitest";
import { endedBatch } from "./batch";
import type { Upload, UploadState } from "./store";

const list = (...states: UploadState[]) => states.map((state, id) => ({ id, state }) as Upload);

it("ends when the last open upload has ended", () => {
  expect(endedBatch(list("done", "processing"), list("done", "failed"))).toEqual({ ended: 2, failed: 1 });
  expect(endedBatch(list("sending", "processing"), list("sending", "done"))).toBeNull();
});

it("does not end twice, or by a list that is cleared", () => {
  expect(endedBatch(list("done"), list("done"))).toBeNull();
  expect(endedBatch(list("done", "done"), [])).toBeNull();
});

it("does not count what the user has cancelled", () => {
  expect(endedBatch(list("sending"), list("cancelled"))).toBeNull();
  expect(endedBatch(list("sending", "queued"), list("cancelled", "done"))).toEqual({ ended: 1, failed: 0 });
});
