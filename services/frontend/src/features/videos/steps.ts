/** Convert a video's history to the steps of its timeline. Pure. */

import type { Tone } from "@/components/ui/pill";
import type { VideoDetails } from "@/lib/api/models";
import { text } from "@/text/pages/video";

export interface TimelineStep {
  label: string;
  at: Date;
  tone: Tone;
  note: string | null;
}

type Event = VideoDetails["timeline"][number]["event"];

const TONES: Record<Event, Tone> = {
  uploaded: "calm",
  received: "active",
  stored: "good",
  degraded: "warn",
  failed: "bad",
};

export function stepsOf(video: VideoDetails): TimelineStep[] {
  return video.timeline.map(({ event, at, note }) => ({
    label: text.video.steps[event],
    at: new Date(at),
    tone: TONES[event],
    note: note ?? null,
  }));
}
