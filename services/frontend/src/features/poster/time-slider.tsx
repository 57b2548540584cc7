"use client";

import { useId } from "react";
import { formatSecond, formatTimecode } from "@/lib/units";
import { text } from "@/text/pages/poster";

const STEP_S = 0.1;
/** Half of the width of the browser's thumb, which stays within the bar. */
const THUMB_PX = 8;

interface TimeSliderProps {
  timeS: number;
  durationS: number;
  /** Times of the candidates, which the bar shows as marks. */
  marksS: readonly number[];
  isDisabled: boolean;
  onChange: (timeS: number) => void;
}

/** Slider over the whole duration, in steps of a tenth of a second. */
export function TimeSlider({ timeS, durationS, marksS, isDisabled, onChange }: TimeSliderProps) {
  const id = useId();
  const maxS = Math.max(0, Math.floor(durationS / STEP_S) * STEP_S);
  const shownS = Math.min(timeS, maxS);
  return (
    <div className="min-w-0">
      <div className="flex flex-wrap items-baseline justify-between gap-x-3 text-xs text-muted">
        <label htmlFor={id} className="font-medium">
          {text.time}
        </label>
        <span>{text.timeHint}</span>
      </div>
      <div className="relative">
        <input
          id={id}
          type="range"
          min={0}
          max={maxS}
          step={STEP_S}
          value={shownS}
          disabled={isDisabled}
          aria-valuetext={text.ofDuration(formatTimecode(shownS), formatSecond(durationS))}
          onChange={(event) => onChange(Number(event.target.value))}
          className="block h-9 w-full cursor-pointer accent-accent"
        />
        <div aria-hidden className="pointer-events-none absolute inset-x-0 bottom-0 h-1.5">
          {marksS.map((markS) => (
            <span
              key={markS}
              className="absolute h-1.5 w-0.5 -translate-x-1/2 bg-line-strong"
              style={{
                left: `calc(${THUMB_PX}px + (100% - ${2 * THUMB_PX}px) * ${maxS > 0 ? Math.min(1, markS / maxS) : 0})`,
              }}
            />
          ))}
        </div>
      </div>
    </div>
  );
}
