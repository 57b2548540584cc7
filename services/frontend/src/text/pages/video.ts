/** Texts of a video's page. */

import { formatDuration, formatPosition } from "@/lib/units";
import { counted } from "../plural";
import { text as common } from "..";

const video = {
  back: "All videos",
  missingTitle: "Video not found",
  missing: "It was deleted, or its upload has not finished. Check the list of all videos.",
  failed: "The video could not be loaded",
  thumbnails: "Thumbnails",
  thumbnailAlt: (name: string, position: number, time: string) => `${name} at ${formatPosition(position)}, ${time}`,
  atTime: (time: string) => `at ${time}`,
  noThumbnails: "No thumbnails",
  noThumbnailsYet: "A worker is processing the video. Its thumbnails appear here.",
  logs: {
    title: "Log lines",
    note: "What workers and api have logged about this upload.",
    show: "Show log lines",
  },
  download: "Download",
  downloadVideo: "Download video",
  more: "Actions on this video",
  copyCall: "Copy API call",
  call: "API call",
  copyUrl: "Copy URL",
  url: "URL",
  copyImage: "Copy <img>",
  image: "<img>",
  delete: "Delete",
  deleteMore: "Delete …",
  deleting: "Deleting …",
  deleteTitle: "Delete this video",
  deleteQuestion: (name: string, withUpload: boolean) =>
    withUpload
      ? `This deletes ${name} with its thumbnails and its record.`
      : `This deletes the thumbnails and the record of ${name}. The upload stays.`,
  deleteUploadToo: "Also delete the upload",
  deleted: "The video was deleted",
  deletedFinally: "It cannot be restored, because the bucket keeps no versions.",
  restored: "The video is restored. Its thumbnails appear in a moment.",
  restoreFailed: "The video could not be restored",
  attemptsTitle: "Attempts",
  noResult: "No result: the worker stopped",
  retry: "Retry",
  retryAnyway: "Retry anyway",
  isFinal: "The file is the reason, so another attempt ends in the same way. Upload a corrected file.",
  dismiss: "Dismiss the failure",
  regenerate: "Make the thumbnails again …",
  whole: "The whole video",
  tiles: (count: number, intervalS: number) =>
    count === 1
      ? counted(count, "picture")
      : `${counted(count, "picture")}, one every ${Number(intervalS.toFixed(1))} s`,
  storyboard: "Storyboard",
  sheet: "Sheet",
  track: "WebVTT",
  hls: "HLS",
  dash: "DASH",
  bif: "BIF",
  play: "Play",
  stop: "Stop",
  playPreview: "Play the preview",
  stopPreview: "Stop the preview",
  previewStill: (name: string) => `Preview of ${name}, stopped`,
  previewAlt: (name: string) => `Preview of ${name}, playing`,
  details: "Details",
  key: "Object key",
  size: "Size",
  duration: "Duration",
  resolution: "Resolution",
  codec: "Codec",
  bytesRead: "Bytes read",
  bytesReadValue: (bytes: string, share: string, requests: number) =>
    `${bytes} (${share}) in ${counted(requests, "request")}`,
  cpu: "CPU time",
  attempts: "Attempts",
  worker: "Worker",
  timeline: "Timeline",
  total: "total",
  after: (seconds: number) => `+${formatDuration(seconds)}`,
  steps: {
    uploaded: "Uploaded",
    received: "Received by a worker",
    stored: "Thumbnails stored",
    degraded: "Thumbnails stored, degraded",
    failed: "Failed",
  },
  pixels: (width: number, height: number) => `${width} × ${height} px`,
} as const;

/** The texts of all pages, and those that only load with this page. */
export const text = { ...common, video: { ...common.video, ...video } } as const;
