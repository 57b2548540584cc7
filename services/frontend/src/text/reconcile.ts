import { formatCount, formatDuration } from "@/lib/units";
import { counted } from "./plural";
import { text as common } from ".";

const reconcile = {
  reconcile: {
    title: "Reconcile",
    intro:
      "This makes the thumbnails equal to the uploads: it queues videos without thumbnails, or with those of other settings, and removes records and pictures without a video. A count comes first and changes nothing.",
    viewer: "Only operators can count, start and cancel. You are logged in as a viewer, and see the latest result.",
    loadFailed: "The latest reconciliation could not be loaded",
    count: "Count",
    countAgain: "Count again",
    choices: "Parts of the next count",
    create: "Queue videos for thumbnails",
    remove: "Remove records and pictures without a video",
    window: "Videos in the queue at a time",
    confirm: (queued: number, removed: number) =>
      [queued > 0 ? `Queue ${formatCount(queued)}` : "", removed > 0 ? `remove ${formatCount(removed)}` : ""]
        .filter(Boolean)
        .join(", ")
        .replace(/^r/, "R"),
    counting: "Counting …",
    running: "Reconciling …",
    phases: {
      uploads: "Listing the uploads …",
      records: "Comparing the records …",
      thumbnails: "Comparing the pictures …",
      create: "Queueing videos. Uploads come first …",
    },
    read: (uploads: number, records: number, pictures: number) =>
      `${counted(uploads, "upload")}, ${counted(records, "record")}, ${counted(pictures, "picture")} read`,
    changed: (done: number, planned: number | null) =>
      planned === null ? `${formatCount(done)} changed` : `${formatCount(done)} of ${formatCount(planned)} changed`,
    background: "It goes on when you close this window.",
    cancel: "Cancel the reconciliation",
    cancelling: "Cancelling …",
    result: "Latest result",
    states: (state: string, isDry: boolean, changes: number) => {
      const what = isDry ? "The count" : "The reconciliation";
      if (state === "cancelled") return `${what} was cancelled.`;
      if (state === "failed") return `${what} failed.`;
      if (changes === 0) return isDry ? "Counted. There is nothing to do." : "Done: nothing was changed.";
      return isDry ? "Counted. Nothing was changed yet." : "Done.";
    },
    queued: (isDry: boolean) => (isDry ? "To queue" : "Queued"),
    removed: (isDry: boolean) => (isDry ? "To remove" : "Removed"),
    left: "Unchanged",
    findings: {
      missing: "without thumbnails",
      changed: "with another content",
      outdated: "with thumbnails of other settings",
      lost: "with lost thumbnails",
      gone: "records without a video",
      surplus: "pictures without a video",
      kept: "with the right thumbnails",
      failed: "failed; a redrive tries them again",
      in_progress: "in progress",
      deleted: "deleted by a person",
      dismissed: "failed, and dismissed by a person",
    },
    estimate: (seconds: number, usd: number, window: number) =>
      `About ${formatDuration(seconds)} and ${usd < 0.01 ? "less than $0.01" : `$${usd.toFixed(2)}`}, with ${counted(window, "video")} in the queue at a time.`,
    examples: (count: number) => `Examples (${formatCount(count)})`,
    examplesLabel: "Examples",
  },
} as const;

/** The texts of all pages, and those that only load with this part. */
export const text = { ...common, ...reconcile } as const;
