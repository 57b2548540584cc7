import { formatCount, formatPosition, formatTimecode } from "@/lib/units";
import { counted } from "./plural";

/** Texts about the life of videos. They load with their dialogs. */
export const life = {
  regenerate: {
    title: (count: number) =>
      count === 1 ? "Make the thumbnails again" : `Make the thumbnails of ${formatCount(count)} videos again`,
    question: (count: number) =>
      `Workers make new thumbnails of ${counted(count, "video")}. The present ones stay until the new ones are ready.`,
    more: "Other options than the settings of the workers",
    hint: "An empty field takes the setting. Options stay with a video until its thumbnails are made again.",
    positions: "Positions in %",
    wrongPositions: "Give numbers separated by commas, such as 10, 50, 95.",
    width: "Width in pixels",
    format: "Format",
    quality: "Quality, 1 to 100",
    setting: "Setting",
    submit: "Make again",
  },
  options: {
    title: "Options",
    positions: (positions: readonly number[]) => positions.map(formatPosition).join(", "),
    width: (px: number) => `${formatCount(px)} px wide`,
    quality: (quality: number) => `quality ${quality}`,
    posterTime: (timeS: number) => `poster at ${formatTimecode(timeS)}`,
    background: (colour: string) => `background ${colour}`,
    switches: {
      smart: ["better picture nearby", "exact picture"],
      storyboard: ["storyboard", "no storyboard"],
      preview: ["preview", "no preview"],
      poster: ["poster", "no poster"],
    },
  },
  cleanup: {
    button: "Delete the test videos",
    hint: "This deletes the copies of this test, with their thumbnails.",
    running: "Deleting the test videos …",
    done: (count: number) => `${counted(count, "test video")} deleted.`,
    failed: (count: number) =>
      `${counted(count, "test video")} could not be deleted. The list of videos shows the reasons.`,
  },
} as const;
