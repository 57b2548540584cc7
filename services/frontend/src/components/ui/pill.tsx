import type { ReactNode } from "react";
import { clsx } from "clsx";

export type Tone = "good" | "warn" | "bad" | "active" | "calm";

const TONES: Record<Tone, string> = {
  good: "bg-good-soft text-good",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
  active: "bg-accent-soft text-accent",
  calm: "bg-raised text-muted",
};

export function Pill({ tone, children, title }: { tone: Tone; children: ReactNode; title?: string }) {
  return (
    <span
      title={title}
      className={clsx(
        "inline-flex items-center gap-1.5 rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap",
        TONES[tone],
      )}
    >
      {children}
    </span>
  );
}

export function Dot({ className }: { className?: string }) {
  return <span aria-hidden className={clsx("size-1.5 shrink-0 rounded-full bg-current", className)} />;
}
