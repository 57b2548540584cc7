import { Dot, Pill, type Tone } from "@/components/ui/pill";
import type { Video } from "@/lib/api/models";
import { text } from "@/text";

export type VideoState = Video["state"];

export const VIDEO_STATES = ["processing", "done", "degraded", "failed"] as const satisfies readonly VideoState[];

export const STATE_TONES: Record<VideoState, Tone> = {
  processing: "active",
  done: "good",
  degraded: "warn",
  failed: "bad",
  deleted: "calm",
  dismissed: "calm",
};

export function StatePill({ state }: { state: VideoState }) {
  return (
    <Pill tone={STATE_TONES[state]} title={text.stateHints[state]}>
      <Dot />
      {text.states[state]}
    </Pill>
  );
}
