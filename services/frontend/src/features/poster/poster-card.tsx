"use client";

import { Pin, Wand2 } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Progress } from "@/components/ui/progress";
import { useLive } from "@/features/live/api/store";
import { useIsOperator } from "@/features/session/session";
import type { VideoDetails } from "@/lib/api/models";
import { text } from "@/text/pages/poster";
import { Filmstrip } from "./filmstrip";
import { type Chosen, Preview } from "./preview";
import { type PosterChange, useChangePoster } from "./queries";
import type { Poster } from "./scores";
import { TimeSlider } from "./time-slider";

/** The poster of a video: its candidates with their scores, and any other frame of the video. */
export function PosterCard({ video }: { video: VideoDetails }) {
  const isOperator = useIsOperator();
  const poster = useChangePoster(video);
  const isDone = video.state === "done" || video.state === "degraded";
  if (!video.poster && !(isOperator && (isDone || poster.isWaiting) && video.duration_s)) return null;
  return <Chooser video={video} poster={poster} isOperator={isOperator} isDone={isDone} />;
}

interface ChooserProps {
  video: VideoDetails;
  poster: PosterChange;
  isOperator: boolean;
  isDone: boolean;
}

function Chooser({ video, poster: { change, isWaiting, isLong }, isOperator, isDone }: ChooserProps) {
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const isPaused = useLive((state) => state.snapshot?.processing?.paused ?? false);
  const { poster, duration_s: durationS } = video;
  const candidates = poster?.candidates ?? [];
  const isDisabled = isWaiting || !isDone;

  function use() {
    if (!chosen) return;
    change(chosen.candidate === null ? { time_s: chosen.timeS } : { candidate: chosen.candidate + 1 });
  }

  // The new poster takes the place of the choice.
  const [wasWaiting, setWasWaiting] = useState(false);
  if (isWaiting !== wasWaiting) {
    setWasWaiting(isWaiting);
    if (!isWaiting) setChosen(null);
  }

  return (
    <Card
      title={text.title}
      className="mt-4"
      note={noteOf(poster)}
      {...(isOperator && poster?.is_pinned
        ? {
            actions: (
              <Button
                kind="quiet"
                icon={<Wand2 size={16} aria-hidden />}
                disabled={isDisabled}
                onClick={() => change(null)}
              >
                {text.auto}
              </Button>
            ),
          }
        : {})}
    >
      <div className="grid gap-4 p-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,3fr)] lg:grid-rows-[auto_1fr]">
        <Preview video={video} chosen={chosen} isDone={isDone} />
        {poster && candidates.length > 0 ? (
          <Filmstrip
            className="lg:col-start-2 lg:row-span-2 lg:row-start-1"
            poster={poster}
            chosen={chosen ? (chosen.candidate ?? -1) : null}
            isDisabled={isDisabled}
            onChoose={(number) => setChosen({ timeS: candidates[number]?.time_s ?? 0, candidate: number })}
          />
        ) : null}
        <div className="flex min-w-0 flex-col gap-4">
          {durationS ? (
            <TimeSlider
              timeS={chosen?.timeS ?? poster?.time_s ?? durationS / 2}
              durationS={durationS}
              marksS={candidates.map(({ time_s }) => time_s)}
              isDisabled={isDisabled}
              onChange={(timeS) => setChosen({ timeS, candidate: null })}
            />
          ) : null}
          {isOperator ? (
            <div className="flex min-h-9 flex-wrap items-center gap-2">
              <Button
                kind="primary"
                icon={<Pin size={16} aria-hidden />}
                disabled={isDisabled || chosen === null}
                onClick={use}
              >
                {text.use}
              </Button>
              <Button kind="quiet" disabled={isDisabled || chosen === null} onClick={() => setChosen(null)}>
                {text.discard}
              </Button>
              <div role="status" className="min-w-40 flex-1 text-xs text-muted">
                {isWaiting ? (
                  <>
                    <span className="mb-1 block">{isPaused ? text.paused : isLong ? text.queued : text.making}</span>
                    <Progress label={text.making} />
                  </>
                ) : null}
              </div>
            </div>
          ) : null}
        </div>
      </div>
    </Card>
  );
}

function noteOf(poster: Poster | null): string {
  if (!poster) return text.none;
  if (poster.is_pinned) return text.pinnedNote(poster.time_s);
  return poster.candidates.length > 0 ? text.chosen(poster.candidates.length) : text.chosenAlone;
}
