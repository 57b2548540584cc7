import { clsx } from "clsx";
import { formatDuration, formatFull } from "@/lib/units";
import { text } from "@/text/pages/video";
import type { TimelineStep } from "../steps";

const DOTS = { calm: "bg-line-strong", active: "bg-accent", good: "bg-good", warn: "bg-warn", bad: "bg-bad" } as const;

/** History of a video, step by step, with the time between steps. */
export function Timeline({ steps }: { steps: readonly TimelineStep[] }) {
  const first = steps[0];
  const last = steps.at(-1);
  const totalS = first && last ? (last.at.getTime() - first.at.getTime()) / 1000 : 0;
  return (
    <ol className="flex flex-col px-4 py-3">
      {steps.map((step, index) => {
        const before = steps[index - 1];
        const afterS = before ? (step.at.getTime() - before.at.getTime()) / 1000 : null;
        return (
          <li key={`${step.label} ${step.at.getTime()} ${index}`} className="relative flex gap-3 pb-4 last:pb-0">
            {index < steps.length - 1 ? (
              <span aria-hidden className="absolute top-4 bottom-[-4px] left-[4px] w-px bg-line" />
            ) : null}
            <span aria-hidden className={clsx("mt-1.5 size-[9px] shrink-0 rounded-full", DOTS[step.tone])} />
            <div className="min-w-0 flex-1">
              <div className="flex items-baseline justify-between gap-3">
                <span className="font-medium">{step.label}</span>
                <span className="shrink-0 text-xs text-muted">
                  {afterS === null ? null : text.video.after(Math.max(0, afterS))}
                </span>
              </div>
              <p className="text-xs text-muted [overflow-wrap:anywhere]">
                <time dateTime={step.at.toISOString()}>{formatFull(step.at)}</time>
                {step.note ? ` · ${step.note}` : null}
              </p>
            </div>
          </li>
        );
      })}
      {steps.length > 1 ? (
        <li className="mt-3 flex justify-between border-t border-line pt-2 text-xs text-muted">
          <span>{text.video.total}</span>
          <span className="font-medium text-ink">{formatDuration(Math.max(0, totalS))}</span>
        </li>
      ) : null}
    </ol>
  );
}
