import { formatBytes, formatCount, formatDuration } from "@/lib/units";
import { counted } from "./plural";

export const actions = {
  uploads: {
    button: "Upload",
    title: "Uploads",
    dropHere: "Drop videos to upload them",
    choose: "Choose videos",
    kinds: (extensions: readonly string[]) => `Videos: ${extensions.join(" ")}`,
    wrongKind: (extensions: readonly string[]) =>
      `This file type is not accepted. Choose one of: ${extensions.join(" ")}`,
    isEmpty: "The file is empty. Choose another one.",
    tooLarge: (limit: number) => `The file is larger than the limit of ${formatBytes(limit)}. Choose a smaller one.`,
    states: {
      waiting: "Waiting",
      sending: "Uploading",
      queued: "Queued",
      processing: "Processing",
      done: "Done",
      degraded: "Done, degraded",
      failed: "Failed",
      refused: "Refused",
      broken: "Upload failed",
      cancelled: "Cancelled",
    },
    progress: (sent: string, size: string, speed: string) => `${sent} of ${size}${speed ? `, ${speed}` : ""}`,
    progressLabel: (name: string) => `Upload of ${name}`,
    cancel: (name: string) => `Cancel the upload of ${name}`,
    retry: (name: string) => `Retry the upload of ${name}`,
    remove: (name: string) => `Remove ${name} from this list`,
    took: (seconds: number) => `thumbnails ${formatDuration(seconds)} after the upload`,
    delays: {
      connection: "The connection is lost. The upload continues when the connection is back.",
      session: "You are logged out. Log in again to continue the upload.",
      server: (status: number) => `The server answered with status ${status}. The upload is retried until it succeeds.`,
    },
    retryNow: (name: string) => `Continue the upload of ${name} now`,
    storageRefused: (status: number, message: string) => `The bucket refused the upload (${status}). ${message}`,
    clearFinished: "Clear finished",
    minimize: "Minimize",
    restore: "Show the uploads",
    summary: (open: number, all: number, failed: number) =>
      (open > 0 ? `${counted(open, "upload")} in progress` : `${counted(all, "upload")} finished`) +
      (failed > 0 ? `, ${formatCount(failed)} failed` : ""),
  },
  test: {
    button: "Test pipeline",
    title: "Test pipeline",
    question:
      "This copies the videos of the test bucket, at most 50, to a new folder under uploads/ whose name begins with test-. The videos and their thumbnails stay until you delete them, and are marked as test.",
    start: "Start the test",
    label: "Test",
    hint: "Copied by Test pipeline",
    starting: "Copying the sample videos …",
    failed: "The test could not be started",
    unavailable: "This pipeline has no bucket with test videos.",
    steps: {
      queued: "queued",
      processing: "processing",
      done: "thumbnails stored",
      failed: "failed",
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
    button: "Purge …",
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
    done: (count: number) => `Purge finished: ${counted(count, "object")} deleted.`,
    failed: "The purge failed",
  },
} as const;
