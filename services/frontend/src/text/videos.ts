import { formatCount, formatPosition } from "@/lib/units";
import { counted } from "./plural";

export const videos = {
  states: {
    processing: "Processing",
    done: "Done",
    degraded: "Degraded",
    failed: "Failed",
    deleted: "Deleted",
    dismissed: "Dismissed",
  },
  stateHints: {
    processing: "a worker is processing it",
    done: "all thumbnails are stored",
    degraded: "all thumbnails are stored, but at least one shows a different moment than requested",
    failed: "no thumbnails; the video's page shows the reason",
    deleted: "the thumbnails are deleted; the upload is kept",
    dismissed: "no thumbnails; the failure was dismissed",
  },
  gallery: {
    title: "Gallery",
    latest: "Latest videos",
    seeAll: "See all",
    position: "Frame position",
    positionLabel: formatPosition,
    label: (order: string) => `Videos with thumbnails: ${order.toLowerCase()}`,
    alt: (name: string, position: number) => `${name} at ${formatPosition(position)}`,
    shown: (count: number, isMore: boolean) =>
      `${formatCount(count)}${isMore ? "+" : ""} ${count === 1 ? "video" : "videos"}`,
    open: (position: number) => `Open large: ${formatPosition(position)}`,
    emptyTitle: "No thumbnails yet",
    empty: "Add your first video: drop a file on this page, choose one, or run Test pipeline to copy samples.",
    emptyViewer: "Thumbnails appear here after an operator uploads a video.",
    failed: "The thumbnails could not be loaded",
    broken: "The thumbnail could not be loaded",
  },
  list: {
    title: "Videos",
    label: (order: string) => `Videos: ${order.toLowerCase()}`,
    sort: "Order",
    sorts: {
      newest: "Newest first",
      oldest: "Oldest first",
      name: "By name",
      longest: "Longest first",
      largest: "Largest first",
      slowest: "Slowest first",
    },
    partial: (order: string, count: number) =>
      `${order}, among the newest ${counted(count, "video")}. Older videos are not loaded yet.`,
    loadMore: "Load more",
    state: "State",
    search: "Search by name",
    searchPlaceholder: "Search by name",
    filters: "Filters",
    filterButton: (count: number) => (count > 0 ? `Filters (${count})` : "Filters"),
    folder: "Folder",
    folderExample: "trip/2026",
    format: "Format",
    reason: "Reason",
    from: "Uploaded from",
    to: "Uploaded until",
    clearFilters: "Clear",
    video: "Video",
    size: "Size",
    duration: "Duration",
    took: "Took",
    when: "When",
    emptyTitle: "No videos yet",
    empty: "Drop a video on this page, or choose one.",
    nothingFoundTitle: "No videos found",
    nothingFound: "No video matches the search and the filter. Change them, or show all videos.",
    clear: "Show all videos",
    failed: "The videos could not be loaded",
  },
  video: {
    title: "Video",
    retried: "The video is in the queue again",
    retryFailed: "The retry failed",
  },
  jobs: {
    selection: "Selected videos",
    selected: (count: number) => `${counted(count, "video")} selected`,
    tooMany: (count: number, most: number) =>
      `${counted(count, "video")} selected. At most ${formatCount(most)} can be changed at once: select fewer, or all that match.`,
    selectFilter: (count: number | null) =>
      count === null ? "Select all that match" : `Select all ${formatCount(count)} that match`,
    allOfFilter: (count: number) =>
      count === 1 ? "The video that matches" : `All ${formatCount(count)} videos that match`,
    counting: "Counting the videos that match …",
    selectOne: (name: string) => `Select ${name}`,
    actions: { regenerate: "Regenerate", retry: "Retry", dismiss: "Dismiss", delete: "Delete …" },
    actionOn: (kind: "regenerate" | "retry" | "dismiss" | "delete", count: number) =>
      `${{ regenerate: "Regenerate", retry: "Retry", dismiss: "Dismiss", delete: "Delete" }[kind]} ${formatCount(count)}`,
    titles: {
      regenerate: "Make thumbnails again",
      retry: "Retry videos",
      dismiss: "Dismiss failures",
      delete: "Delete videos",
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
    progress: (state: string, ended: number, total: number | null, failed: number) => {
      const count = total === null ? "selecting the videos" : `${formatCount(ended)} of ${formatCount(total)}`;
      const refused = failed > 0 ? `, ${formatCount(failed)} could not be changed` : "";
      const end = { done: ", finished", cancelled: ", cancelled", failed: ", failed" }[state] ?? "";
      return `${count}${refused}${end}`;
    },
    more: (count: number) => `and ${formatCount(count)} more`,
  },
  bulk: {
    done: {
      dismiss: (count: number) => `${counted(count, "failure")} dismissed`,
      undismiss: (count: number) => `${counted(count, "failure")} restored`,
      regenerate: (count: number) => `${counted(count, "video")} queued for new thumbnails`,
      retry: (count: number) => `${counted(count, "video")} put back into the queue`,
      delete: (count: number) => `${counted(count, "video")} deleted`,
      restore: (count: number) => `${counted(count, "video")} restored`,
    },
    failed: (count: number) => `${counted(count, "video")} could not be changed`,
    progress: (ended: number, total: number) => `${formatCount(ended)} of ${formatCount(total)}`,
  },
  failures: {
    title: "Failures",
    clear: "Clear",
    reasons: {
      empty: "Empty file",
      not_a_video: "Not a video",
      no_video_stream: "No video stream",
      encrypted: "Encrypted",
      unsupported_codec: "Unsupported codec",
      too_large: "Too large",
      too_many_pixels: "Too many pixels",
      damaged: "Damaged",
      incomplete: "Incomplete",
      nearby_frame: "Shows a nearby frame",
      budget: "Processing limit exceeded",
      memory: "Needed too much memory",
      timeout: "Took too long",
      crashed: "Crashed",
      storage: "Storage error",
      malformed_event: "Malformed event",
      deleted: "Deleted during processing",
      internal: "Internal error",
    } as Record<string, string>,
  },
} as const;
