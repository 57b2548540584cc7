"use client";

import { ImageOff } from "lucide-react";
import { type PointerEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { type Storyboard, tileAt } from "@/features/videos/storyboard";
import { text } from "@/text";
import { SheetPicture, useLoaded } from "./sheet-picture";
import { type Stop, stopNear } from "../stops";

/** A touch that moves this far sideways goes to another video. */
const SWIPE_PX = 60;

interface StageProps {
  stops: readonly Stop[];
  at: number;
  storyboard: Storyboard | null;
  alt: string;
  onBefore: (() => void) | undefined;
  onAfter: (() => void) | undefined;
  /** Shown if there is no picture. */
  children: ReactNode;
}

/** The picture of a moment, as large as possible. A swipe goes to the next or the previous video. */
export function Stage({ stops, at, storyboard, alt, onBefore, onAfter, children }: StageProps) {
  const start = useRef<{ x: number; y: number } | null>(null);
  const asked = stops[at];
  const isSheetLoaded = useLoaded(storyboard ? tileAt(storyboard, asked?.tile ?? 0).url : null);
  // A thumbnail is there before the sheet is.
  const marks = stops.filter((stop) => stop.thumbnail);
  const urls = marks.map(({ thumbnail }) => thumbnail?.url ?? "").join("\n");
  useEffect(() => {
    // Each step shows its picture at once.
    for (const url of urls.split("\n").filter(Boolean)) new Image().src = url;
  }, [urls]);
  const stop = asked && !asked.thumbnail && !isSheetLoaded ? (marks[stopNear(marks, asked.timeS)] ?? asked) : asked;

  function onPointerUp({ clientX, clientY }: PointerEvent) {
    const from = start.current;
    start.current = null;
    if (!from) return;
    const [x, y] = [clientX - from.x, clientY - from.y];
    if (Math.abs(x) >= SWIPE_PX && Math.abs(x) > 2 * Math.abs(y)) (x < 0 ? onAfter : onBefore)?.();
  }

  return (
    <div
      className="relative min-h-0 flex-1 select-none"
      onPointerDown={({ pointerType, isPrimary, clientX, clientY }) => {
        // A second finger zooms.
        start.current = pointerType === "touch" && isPrimary ? { x: clientX, y: clientY } : null;
      }}
      onPointerUp={onPointerUp}
      onPointerCancel={() => (start.current = null)}
    >
      {stop?.thumbnail ? (
        <LargePicture url={stop.thumbnail.url} alt={alt} />
      ) : stop && storyboard ? (
        <SheetPicture storyboard={storyboard} tile={stop.tile} alt={alt} />
      ) : (
        <p className="absolute inset-0 grid place-items-center px-6 text-center text-muted">{children}</p>
      )}
    </div>
  );
}

function LargePicture({ url, alt }: { url: string; alt: string }) {
  const [broken, setBroken] = useState<string | null>(null);
  if (broken === url) {
    return (
      <p className="absolute inset-0 flex flex-col items-center justify-center gap-2 text-muted">
        <ImageOff size={28} aria-hidden />
        {text.gallery.broken}
      </p>
    );
  }
  return (
    <img
      src={url}
      alt={alt}
      draggable={false}
      onError={() => setBroken(url)}
      className="absolute inset-0 size-full object-contain"
    />
  );
}
