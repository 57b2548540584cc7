"use client";

import { clsx } from "clsx";
import { Pin } from "lucide-react";
import { useId } from "react";
import { Pill } from "@/components/ui/pill";
import { SheetPicture } from "@/features/lightbox/components/sheet-picture";
import { formatTimecode } from "@/lib/units";
import { text } from "@/text/pages/poster";
import { type Candidate, judge, type Poster, shownCandidate } from "./scores";
import { stripOf } from "./strip";

interface FilmstripProps {
  poster: Poster;
  /** Number of the chosen candidate from 0, null if none is chosen. */
  chosen: number | null;
  isDisabled: boolean;
  onChoose: (candidate: number) => void;
  className?: string;
}

/** The candidates of the poster, the best first, each with its score and its reasons. */
export function Filmstrip({ poster, chosen, isDisabled, onChoose, className }: FilmstripProps) {
  const name = useId();
  const shown = shownCandidate(poster);
  const checked = chosen ?? shown;
  return (
    <fieldset className={clsx("min-w-0", className)} disabled={isDisabled}>
      <legend className="mb-2 text-xs font-medium text-muted">{text.candidates}</legend>
      {/* On a phone a strip that scrolls, so that picture, strip and slider fit on its screen. */}
      <div className="-m-1 flex gap-3 overflow-x-auto p-1 pb-2 sm:grid sm:grid-cols-3 sm:overflow-visible">
        {poster.candidates.map((candidate, number) => (
          <label
            key={candidate.time_s}
            className="relative flex w-40 shrink-0 cursor-pointer flex-col overflow-hidden rounded-lg border border-line bg-panel outline-offset-2 outline-accent hover:border-line-strong has-checked:border-accent has-checked:ring-1 has-checked:ring-accent has-focus-visible:outline-2 sm:w-auto"
          >
            <input
              type="radio"
              name={name}
              className="sr-only"
              checked={number === checked}
              aria-label={text.candidate(number + 1, candidate.time_s, candidate.score)}
              aria-describedby={`${name}-${number}`}
              onChange={() => onChoose(number)}
              // A click on the present poster pins it.
              onClick={() => onChoose(number)}
            />
            <span className="relative block aspect-video bg-raised">
              <SheetPicture storyboard={stripOf(poster)} tile={number} alt="" />
              {number === shown ? <Mark isPinned={poster.is_pinned} /> : null}
            </span>
            <Reasons id={`${name}-${number}`} candidate={candidate} />
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Mark({ isPinned }: { isPinned: boolean }) {
  return (
    <span className="absolute top-1.5 left-1.5">
      <Pill tone="active">
        {isPinned ? <Pin size={12} aria-hidden /> : null}
        {isPinned ? text.pinned : text.title}
      </Pill>
    </span>
  );
}

function Reasons({ id, candidate }: { id: string; candidate: Candidate }) {
  const { good, poor } = judge(candidate);
  return (
    <span id={id} title={text.scores(candidate)} className="flex flex-1 flex-col gap-1 px-2.5 py-2 text-xs text-muted">
      <span className="flex items-center justify-between gap-2">
        <span className="text-sm font-medium text-ink">{text.score(candidate.score)}</span>
        <span>{formatTimecode(candidate.time_s)}</span>
      </span>
      <span aria-hidden className="block h-1 overflow-hidden rounded-full bg-raised">
        <span className="block h-full rounded-full bg-accent" style={{ width: `${candidate.score * 100}%` }} />
      </span>
      {candidate.flaw ? (
        <span className="font-medium text-warn">{text.flaw(candidate.flaw)}</span>
      ) : (
        <span>{text.reasons(good, poor)}</span>
      )}
    </span>
  );
}
