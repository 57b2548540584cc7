"use client";

import { type PointerEvent, useRef } from "react";
import { formatPosition } from "@/lib/units";
import { type Stop, stopNear } from "../stops";
import { lightboxText as text } from "../text";

/** A thumbnail this near to the pointer is chosen before a tile. */
const SNAP_PX = 10;

interface ScrubBarProps {
  stops: readonly Stop[];
  /** Number of the stop that is shown. */
  at: number;
  durationS: number;
  /** The moment in words. */
  moment: string;
  onChoose: (stop: number) => void;
}

/** Bar over the length of the video, with the thumbnails as marks. The lightbox has its keys. */
export function ScrubBar({ stops, at, durationS, moment, onChoose }: ScrubBarProps) {
  const bar = useRef<HTMLDivElement>(null);
  const place = (timeS: number) => `${Math.min(100, (timeS / durationS) * 100)}%`;
  const timeS = stops[at]?.timeS ?? 0;

  function choose({ clientX }: PointerEvent) {
    const { left, width } = bar.current!.getBoundingClientRect();
    if (width === 0) return;
    const share = Math.min(1, Math.max(0, (clientX - left) / width));
    const chosen = stopNear(stops, share * durationS, (SNAP_PX / width) * durationS);
    if (chosen >= 0) onChoose(chosen);
  }

  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label={text.bar}
      aria-valuemin={0}
      aria-valuemax={durationS}
      aria-valuenow={timeS}
      aria-valuetext={moment}
      className="relative h-12 cursor-pointer touch-none rounded-lg px-3 select-none"
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        choose(event);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) choose(event);
      }}
    >
      <div ref={bar} className="relative h-full">
        <span className="absolute inset-x-0 top-3 h-1.5 rounded-full bg-line" />
        <span className="absolute top-3 left-0 h-1.5 rounded-full bg-accent" style={{ width: place(timeS) }} />
        {stops.map(({ thumbnail, timeS: markS }) =>
          thumbnail ? (
            <span
              key={thumbnail.key}
              className="absolute top-0 flex flex-col items-center"
              style={{ left: place(markS) }}
            >
              <span className="absolute top-2 h-3.5 w-1 -translate-x-1/2 rounded-full bg-ink" />
              <span className="absolute top-7 -translate-x-1/2 text-xs whitespace-nowrap text-muted">
                {formatPosition(thumbnail.position_pct)}
              </span>
            </span>
          ) : null,
        )}
        <span
          className="absolute top-3.75 size-4 -translate-1/2 rounded-full border-2 border-panel bg-accent shadow"
          style={{ left: place(timeS) }}
        />
      </div>
    </div>
  );
}
