/** Texts of Test pipeline and of the purge, which are not in the first load of a page. */

import { formatCount, formatDuration } from "@/lib/units";
import { counted } from "./plural";
import { text as common } from ".";

const dialogs = {
  test: {
    title: "Test pipeline",
    question:
      "This copies the videos of the test bucket, at most 50, to a new folder under uploads/ whose name begins with test-. The videos and their thumbnails stay until you delete them, and are marked as test.",
    start: "Start the test",
    starting: "Copying the sample videos …",
    failed: "The test could not be started",
    steps: {
      queued: "queued",
      processing: "processing",
      done: "thumbnails stored",
      failed: "failed",
      deleted: "deleted",
      dismissed: "dismissed",
    },
    progress: (finished: number, total: number) =>
      `${formatCount(finished)} of ${formatCount(total)} videos have finished`,
    elapsed: (seconds: number) => `${seconds.toFixed(1)} s`,
    total: (seconds: number) => `All thumbnails were stored after ${formatDuration(seconds)}.`,
    totalFailed: (failed: number, seconds: number) =>
      `Finished after ${formatDuration(seconds)}; ${counted(failed, "video")} failed.`,
    again: "Run again",
    background: "The test continues when you close this window.",
  },
  purge: {
    title: "Purge everything",
    counting: "Counting the objects to delete …",
    countFailed: "The objects could not be counted",
    wouldDelete: "This permanently deletes:",
    objects: (count: number, bytes: string, isComplete: boolean) =>
      `${isComplete ? "" : "more than "}${counted(count, "object")} under uploads/ and thumbnails/ (${bytes}), all versions`,
    pictures: (videos: number, thumbnails: number) =>
      `${counted(videos, "video")}, ${counted(thumbnails, "thumbnail")}`,
    records: (count: number) => counted(count, "record"),
    recounted: "The count had expired, so nothing was deleted. Check the new count and confirm again.",
    nothing: "There is nothing to delete.",
    type: (name: string) => `To continue, type the pipeline's name: ${name}`,
    confirm: "Delete everything",
    running: "Deleting …",
    progress: (deleted: number, total: number) => `${formatCount(deleted)} of ${formatCount(total)} deleted`,
    phases: {
      uploads: "Deleting the videos …",
      thumbnails: "Deleting the thumbnails …",
      records: "Deleting the records …",
      in_work: "Waiting for the workers …",
      dead_letters: "Deleting the dead letters …",
      done: "Done",
      failed: "Failed",
    },
    waitsFor: (count: number) => `${counted(count, "video")} still processing`,
    cancel: "Cancel the purge",
    cancelHint: "The purge deletes no more videos. It finishes with the thumbnails and records of the deleted ones.",
    cancelling: "Cancelling …",
    notCancelled: "The purge could not be cancelled",
    done: (count: number) => `Purge finished: ${counted(count, "object")} deleted.`,
    cancelled: (count: number) =>
      `The purge was cancelled after ${counted(count, "object")}. Videos that it had not deleted yet stay.`,
    failed: "The purge failed",
  },
} as const;

/** The texts of all pages, and those that only load with these dialogs. */
export const text = {
  ...common,
  test: { ...common.test, ...dialogs.test },
  purge: { ...common.purge, ...dialogs.purge },
} as const;
