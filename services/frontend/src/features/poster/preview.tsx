"use client";

import type { ReactNode } from "react";
import { SheetPicture, useLoaded } from "@/features/lightbox/components/sheet-picture";
import { baseName } from "@/features/videos/names";
import { type Storyboard, tileAt } from "@/features/videos/storyboard";
import { useConfig } from "@/features/session/session";
import type { VideoDetails } from "@/lib/api/models";
import { formatTimecode } from "@/lib/units";
import { text } from "@/text/pages/poster";
import { useFrameUrl } from "./queries";
import { stripOf } from "./strip";

export interface Chosen {
  timeS: number;
  /** Number of a candidate from 0, null for a time. */
  candidate: number | null;
}

/** The present poster, or the frame that is chosen: the exact one if there is a frames service. */
export function Preview({ video, chosen, isDone }: { video: VideoDetails; chosen: Chosen | null; isDone: boolean }) {
  const { poster } = video;
  if (chosen) return <ChosenFrame video={video} chosen={chosen} isDone={isDone} />;
  return (
    <Frame caption={poster ? formatTimecode(poster.time_s) : text.none}>
      {poster ? <Filled url={poster.url} alt={text.alt(baseName(video.key))} /> : <Message>{text.noneHint}</Message>}
    </Frame>
  );
}

function ChosenFrame({ video, chosen, isDone }: { video: VideoDetails; chosen: Chosen; isDone: boolean }) {
  const { timeS, candidate } = chosen;
  const { poster, storyboard } = video;
  const hasFrames = useConfig()?.has_frames ?? false;
  const url = useFrameUrl(video.key, timeS, hasFrames && isDone);
  const isExact = useLoaded(url) && url !== null;
  const tile = storyboard ? tileOf(storyboard, timeS) : 0;
  const isSheetLoaded = useLoaded(storyboard ? tileAt(storyboard, tile).url : null);
  const alt = text.previewAlt(baseName(video.key), timeS);
  const note =
    isExact || candidate !== null
      ? text.exact
      : storyboard && isSheetLoaded
        ? text.near(tile * storyboard.interval_s)
        : text.noPreview;
  return (
    <Frame caption={formatTimecode(timeS)} note={note}>
      {isExact ? (
        <Filled url={url} alt={alt} />
      ) : candidate !== null && poster ? (
        <SheetPicture storyboard={stripOf(poster)} tile={candidate} alt={alt} />
      ) : storyboard && isSheetLoaded ? (
        <SheetPicture storyboard={storyboard} tile={tile} alt={alt} />
      ) : (
        <p className="absolute inset-0 grid place-items-center text-2xl text-muted">{formatTimecode(timeS)}</p>
      )}
    </Frame>
  );
}

function tileOf(storyboard: Storyboard, timeS: number): number {
  return Math.min(storyboard.tiles - 1, Math.max(0, Math.floor(timeS / storyboard.interval_s)));
}

function Frame({ caption, note, children }: { caption: string; note?: string; children: ReactNode }) {
  return (
    <figure className="min-w-0">
      <div className="relative aspect-video overflow-hidden rounded-lg border border-line bg-raised">{children}</div>
      {/* Two lines, so that the card does not move while a time is chosen. */}
      <figcaption className="mt-2 min-h-10 text-xs text-muted">
        <span className="text-sm font-medium text-ink">{caption}</span>
        {note ? <span className="block">{note}</span> : null}
      </figcaption>
    </figure>
  );
}

function Filled({ url, alt }: { url: string; alt: string }) {
  return <img src={url} alt={alt} decoding="async" className="absolute inset-0 size-full object-contain" />;
}

function Message({ children }: { children: ReactNode }) {
  return <p className="absolute inset-0 grid place-items-center px-6 text-center text-muted">{children}</p>;
}
