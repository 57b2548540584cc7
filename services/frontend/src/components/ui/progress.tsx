import { clsx } from "clsx";
import type { Tone } from "./pill";

const FILLS: Record<Tone, string> = {
  good: "[&::-webkit-progress-value]:bg-good [&::-moz-progress-bar]:bg-good",
  warn: "[&::-webkit-progress-value]:bg-warn [&::-moz-progress-bar]:bg-warn",
  bad: "[&::-webkit-progress-value]:bg-bad [&::-moz-progress-bar]:bg-bad",
  active: "[&::-webkit-progress-value]:bg-accent [&::-moz-progress-bar]:bg-accent",
  calm: "[&::-webkit-progress-value]:bg-line-strong [&::-moz-progress-bar]:bg-line-strong",
};

/** Progress bar. `share` is from 0 to 1; without it, the bar is indeterminate. */
export function Progress({ label, share, tone = "active" }: { label: string; share?: number; tone?: Tone }) {
  return (
    <progress
      aria-label={label}
      max={1}
      {...(share === undefined ? {} : { value: share })}
      className={clsx(
        "block h-1.5 w-full appearance-none overflow-hidden rounded-full bg-raised",
        "[&::-webkit-progress-bar]:bg-raised [&::-webkit-progress-value]:rounded-full [&::-webkit-progress-value]:transition-[width]",
        FILLS[tone],
      )}
    />
  );
}
