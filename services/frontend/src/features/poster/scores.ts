/** Reasons for and against a candidate for the poster, from its scores. Pure. */

import type { Schemas } from "@/lib/api/call";

export type Poster = Schemas["Poster"];
export type Candidate = Schemas["PosterCandidate"];

/** Measures that every picture has. */
const MEASURES = ["sharpness", "exposure", "contrast", "colourfulness", "cut"] as const;
type Measure = (typeof MEASURES)[number];

/** A score from here on is a reason for a picture. */
const GOOD = 0.7;
/** A score up to here is a reason against it. */
const POOR = 0.35;
/** A face of this score covers a sixteenth of the width. No face is no reason against a picture. */
const GOOD_FACES = 0.3;

/** Two candidates nearer than this show the same frame. */
const SAME_S = 0.001;

/** Return the measures in which a candidate is good, and those in which it is poor. */
export function judge(candidate: Candidate): { good: (Measure | "faces")[]; poor: Measure[] } {
  const hasFaces = (candidate.faces ?? 0) >= GOOD_FACES;
  return {
    good: [...(hasFaces ? (["faces"] as const) : []), ...MEASURES.filter((name) => candidate[name] >= GOOD)],
    poor: MEASURES.filter((name) => candidate[name] <= POOR),
  };
}

/** Return the number of the candidate that is the poster, from 0; -1 if another frame is. */
export function shownCandidate({ candidates, time_s }: Pick<Poster, "candidates" | "time_s">): number {
  return candidates.findIndex((one) => Math.abs(one.time_s - time_s) < SAME_S);
}
