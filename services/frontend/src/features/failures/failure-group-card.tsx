"use client";

import Link from "next/link";
import { memo, useEffect, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { Name } from "@/components/ui/name";
import { nameOf, pageOf } from "@/features/videos/names";
import type { DeadLetter } from "@/lib/api/models";
import { formatMoment } from "@/lib/units";
import { text } from "@/text/pages/failures";
import { type FailureGroup, keysOf, selectionState, sharedReason } from "./groups";

/** Few, so that all groups fit on the screen. */
const FIRST_SHOWN = 5;
const SHOWN_MORE = 100;

interface FailureGroupCardProps {
  group: FailureGroup;
  selection: ReadonlySet<string>;
  canSelect: boolean;
  onToggle: (keys: readonly string[], isOn: boolean) => void;
}

export function FailureGroupCard({ group, selection, canSelect, onToggle }: FailureGroupCardProps) {
  const [shownCount, setShownCount] = useState(FIRST_SHOWN);
  const picked = selectionState(group, selection);
  const box = useRef<HTMLInputElement>(null);
  const title = text.failures.reasons[group.code] ?? group.code;
  const reason = sharedReason(group);
  const hidden = group.letters.length - shownCount;

  useEffect(() => {
    if (box.current) box.current.indeterminate = picked === "some";
  }, [picked]);

  return (
    <section aria-label={title} className="rounded-card border border-line bg-panel">
      <header className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 sm:flex-nowrap">
        {canSelect ? (
          <input
            ref={box}
            type="checkbox"
            aria-label={text.failures.selectGroup(title)}
            checked={picked === "all"}
            onChange={(event) => onToggle(keysOf(group.letters), event.target.checked)}
            className="size-4 accent-accent"
          />
        ) : null}
        <h2 className="font-semibold whitespace-nowrap">{title}</h2>
        {reason ? <p className="min-w-0 text-muted max-sm:order-last max-sm:w-full sm:truncate">{reason}</p> : null}
        <span className="ml-auto whitespace-nowrap text-muted">{text.failures.count(group.letters.length)}</span>
      </header>
      {group.isRetryable ? null : (
        <p className="border-t border-line px-4 py-1.5 text-xs text-muted">{text.failures.isFinal}</p>
      )}
      <ul>
        {group.letters.slice(0, shownCount).map((letter) => (
          <Letter
            key={letter.id}
            letter={letter}
            isReasonShared={reason !== null}
            isSelected={selection.has(letter.key)}
            canSelect={canSelect}
            onToggle={onToggle}
          />
        ))}
      </ul>
      {hidden > 0 ? (
        <div className="border-t border-line px-1 py-1.5">
          <Button kind="quiet" onClick={() => setShownCount((count) => count + SHOWN_MORE)}>
            {text.failures.showMore(Math.min(hidden, SHOWN_MORE))}
          </Button>
        </div>
      ) : null}
    </section>
  );
}

interface LetterProps {
  letter: DeadLetter;
  /** True if the group's header already shows the reason. */
  isReasonShared: boolean;
  isSelected: boolean;
  canSelect: boolean;
  onToggle: (keys: readonly string[], isOn: boolean) => void;
}

const Letter = memo(function Letter({ letter, isReasonShared, isSelected, canSelect, onToggle }: LetterProps) {
  const name = nameOf(letter.key) || text.failures.unnamed;
  return (
    <li className="flex items-center gap-3 border-t border-line px-4 py-2">
      {canSelect ? (
        <input
          type="checkbox"
          aria-label={text.failures.selectOne(name)}
          checked={isSelected}
          disabled={letter.key === ""}
          onChange={(event) => onToggle([letter.key], event.target.checked)}
          className="size-4 shrink-0 accent-accent"
        />
      ) : null}
      <div className="min-w-0 flex-1">
        {letter.key ? (
          <Link
            href={pageOf(letter.key)}
            prefetch={false}
            className="block font-medium hover:text-accent hover:underline"
          >
            <Name>{name}</Name>
          </Link>
        ) : (
          <p className="font-medium">{name}</p>
        )}
        {isReasonShared ? null : <p className="text-muted [overflow-wrap:anywhere]">{letter.reason}</p>}
      </div>
      <div className="flex shrink-0 gap-x-4 text-right text-xs text-muted max-sm:flex-col">
        <p>{text.failures.attempts(letter.attempts)}</p>
        <p>{formatMoment(new Date(letter.at), new Date())}</p>
      </div>
    </li>
  );
});
