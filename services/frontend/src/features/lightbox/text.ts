/** Texts of the lightbox, which is not in the first load of a page. */

import { formatCount, formatPosition } from "@/lib/units";

export const lightboxText = {
  place: (at: number, count: number, isMore: boolean) =>
    `${formatCount(at + 1)} of ${formatCount(count)}${isMore ? "+" : ""}`,
  details: "Details",
  previous: "Previous video",
  next: "Next video",
  bar: "Moment in the video",
  moment: (time: string, duration: string, positionPct: number | null) =>
    `${time} of ${duration}${positionPct === null ? "" : `, thumbnail at ${formatPosition(positionPct)}`}`,
  of: (duration: string) => `of ${duration}`,
  thumbnail: (positionPct: number) => `Thumbnail at ${formatPosition(positionPct)}`,
  tile: "Storyboard",
  alt: (name: string, time: string) => `${name} at ${time}`,
  noPictures: "This video has no thumbnails.",
  missing: "Video not found. It was deleted, or its upload has not finished.",
  failed: "The video could not be loaded",
} as const;
