import { formatBytes, formatCount, formatDuration } from "@/lib/units";
import { counted } from "./plural";

export const actions = {
  reconcileButton: "Reconcile …",
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
      deleted: "Deleted",
      dismissed: "Dismissed",
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
    notify: "Notify me when the uploads end",
    batchEnded: "All uploads have ended",
    batch: (ended: number, failed: number) =>
      failed > 0 ? `${counted(ended, "upload")}, ${formatCount(failed)} failed` : counted(ended, "upload"),
    minimize: "Minimize",
    restore: "Show the uploads",
    summary: (open: number, all: number, failed: number) =>
      (open > 0 ? `${counted(open, "upload")} in progress` : `${counted(all, "upload")} finished`) +
      (failed > 0 ? `, ${formatCount(failed)} failed` : ""),
  },
  test: {
    unavailable: "This pipeline has no bucket with test videos.",
    button: "Test pipeline",
    label: "Test",
    hint: "Copied by Test pipeline",
  },
  purge: {
    button: "Purge …",
  },
} as const;
