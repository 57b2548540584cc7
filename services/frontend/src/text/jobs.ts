/** Texts of selected videos and of their jobs. */

import { formatCount } from "@/lib/units";
import { counted } from "./plural";
import { text as common } from ".";

const jobs = {
  selection: "Selected videos",
  selected: (count: number) => `${counted(count, "video")} selected`,
  tooMany: (count: number, most: number) =>
    `${counted(count, "video")} selected. At most ${formatCount(most)} can be changed at once: select fewer, or all that match.`,
  selectFilter: (count: number | null) =>
    count === null ? "Select all that match" : `Select all ${formatCount(count)} that match`,
  allOfFilter: (count: number) =>
    count === 1 ? "The video that matches" : `All ${formatCount(count)} videos that match`,
  counting: "Counting the videos that match …",
  actions: { regenerate: "Regenerate", retry: "Retry", dismiss: "Dismiss", delete: "Delete …" },
  actionOn: (kind: "regenerate" | "retry" | "dismiss" | "delete", count: number) =>
    `${{ regenerate: "Regenerate", retry: "Retry", dismiss: "Dismiss", delete: "Delete" }[kind]} ${formatCount(count)}`,
  titles: {
    regenerate: "Make thumbnails again",
    retry: "Retry videos",
    dismiss: "Dismiss failures",
    delete: "Delete videos",
    restore: "Restore videos",
    undismiss: "Bring back failures",
  },
  deleteTitle: (count: number) => `Delete ${counted(count, "video")}`,
  deleteQuestion: (withUpload: boolean) =>
    withUpload
      ? "This deletes the uploads with their thumbnails and records."
      : "This deletes the thumbnails and the records. The uploads stay.",
  withDismissed: (count: number) =>
    `${counted(count, "dismissed failure")} ${count === 1 ? "is" : "are"} among them, which the list does not show.`,
  deleteUploadsToo: "Also delete the uploads",
  notStarted: "The job could not be started",
  notCancelled: "The job could not be cancelled",
  notUndone: "The job could not be undone",
  progress: (state: string, ended: number, total: number | null, failed: number) => {
    const count = total === null ? "selecting the videos" : `${formatCount(ended)} of ${formatCount(total)}`;
    const refused = failed > 0 ? `, ${formatCount(failed)} could not be changed` : "";
    const end = { done: ", finished", cancelled: ", cancelled", failed: ", failed" }[state] ?? "";
    return `${count}${refused}${end}`;
  },
  more: (count: number) => `and ${formatCount(count)} more`,
} as const;

/** The texts of all pages, and those that only load with these parts. */
export const text = { ...common, jobs: { ...common.jobs, ...jobs } } as const;
