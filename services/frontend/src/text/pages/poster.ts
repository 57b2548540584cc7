/** Texts of the poster's card on a video's page. */

import { formatTimecode } from "@/lib/units";
import { counted } from "../plural";

type Measure = "sharpness" | "exposure" | "contrast" | "colourfulness" | "cut" | "faces";

const GOOD: Record<Measure, string> = {
  faces: "shows a face",
  sharpness: "sharp",
  exposure: "well exposed",
  contrast: "rich in contrast",
  colourfulness: "colourful",
  cut: "far from a cut",
};
const POOR: Record<Exclude<Measure, "faces">, string> = {
  sharpness: "soft",
  exposure: "too dark or too bright",
  contrast: "low contrast",
  colourfulness: "pale",
  cut: "near a cut",
};
const FLAWS: Readonly<Record<string, string>> = {
  black: "Black",
  white: "White",
  flat: "One level only",
  credits: "Credits",
  slate: "Title or colour bars",
  "cross-fade": "Cross-fade",
  blurred: "Blurred",
};

const upperFirst = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);

export const text = {
  title: "Poster",
  pinned: "Pinned",
  chosen: (count: number) => `Chosen by the scores of ${counted(count, "candidate")}`,
  chosenAlone: "Chosen by its scores",
  none: "No poster yet",
  noneHint: "Workers choose none with the present settings. You can choose a frame yourself.",
  pinnedNote: (timeS: number) => `Pinned at ${formatTimecode(timeS)}`,
  alt: (name: string) => `Poster of ${name}`,
  previewAlt: (name: string, timeS: number) => `${name} at ${formatTimecode(timeS)}`,
  at: (timeS: number) => `at ${formatTimecode(timeS)}`,
  candidates: "Candidates",
  candidate: (number: number, timeS: number, score: number) =>
    `Candidate ${number} at ${formatTimecode(timeS)}, score ${formatScore(score)}`,
  score: (score: number) => formatScore(score),
  flaw: (flaw: string) => FLAWS[flaw] ?? upperFirst(flaw),
  reasons: (good: readonly Measure[], poor: readonly Exclude<Measure, "faces">[]) => {
    const words = [...good.map((name) => GOOD[name]), ...poor.map((name) => POOR[name])];
    return words.length > 0 ? upperFirst(words.join(", ")) : "Average in all measures";
  },
  scores: (candidate: Readonly<Partial<Record<Measure, number | null>>>) =>
    (["sharpness", "exposure", "contrast", "colourfulness", "cut", "faces"] as const)
      .map((name) => [name === "cut" ? "distance to a cut" : name, candidate[name]] as const)
      .flatMap(([name, score]) => (typeof score === "number" ? [`${name} ${formatScore(score)}`] : []))
      .join(", "),
  time: "Any other frame",
  timeHint: "Drag, or use the arrow keys.",
  ofDuration: (time: string, duration: string) => `${time} of ${duration}`,
  exact: "The exact frame",
  near: (timeS: number) => `Storyboard picture of ${formatTimecode(timeS)}. The poster shows the exact frame.`,
  noPreview: "No picture of this time. The poster shows the exact frame.",
  use: "Use this frame",
  discard: "Discard",
  auto: "Let it be chosen",
  making: "Making the poster …",
  queued: "The video is queued. The poster appears as soon as a worker has made it.",
  paused: "Processing is paused. The poster is made when somebody resumes it.",
  made: "The poster is ready",
  notReached: "This frame could not be reached. The poster was chosen by its scores.",
  failed: "The poster could not be changed",
  gone: "The video has failed. Its page shows the reason.",
} as const;

function formatScore(score: number): string {
  return `${Math.round(score * 100)} %`;
}
