"use client";

import { Pause } from "lucide-react";
import { clsx } from "clsx";
import { openOverlay } from "@/features/commands/store";
import { useLive } from "@/features/live/api/store";
import { useIsOperator } from "@/features/session/session";
import { formatMoment } from "@/lib/units";
import { text } from "@/text";

/** Strip below the header during a pause, on every page. It covers the page's upper margin, so that nothing moves. */
export function PauseNotice() {
  const processing = useLive((state) => state.snapshot?.processing);
  const serverMs = useLive((state) => state.snapshot?.serverMs ?? 0);
  const isDown = useLive((state) => state.socket === "lost");
  const isOperator = useIsOperator();
  if (!processing?.paused || isDown) return null;
  const { changed_at, changed_by, waiting, at_risk, oldest_expires_at } = processing;
  const moment = (time: string) => formatMoment(new Date(time), new Date(serverMs));
  return (
    <div
      data-risk={at_risk || undefined}
      className={clsx(
        "absolute inset-x-0 top-full flex h-6 items-center justify-center gap-x-3 overflow-hidden px-4 text-xs whitespace-nowrap",
        at_risk ? "bg-bad-soft text-bad" : "bg-warn-soft text-warn",
      )}
    >
      <p role="status" className="flex items-center gap-1.5">
        <Pause size={12} aria-hidden />
        {text.processing.paused}
        <span className="max-sm:hidden">
          {changed_at ? text.processing.since(moment(changed_at), changed_by) : null}
        </span>
      </p>
      {at_risk && oldest_expires_at ? (
        <p>{text.processing.expires(moment(oldest_expires_at))}</p>
      ) : waiting ? (
        <p>{text.processing.waiting(waiting)}</p>
      ) : null}
      <button type="button" className="h-6 px-1 font-medium underline" onClick={() => openOverlay("processing")}>
        {isOperator ? text.processing.resume : text.processing.details}
      </button>
    </div>
  );
}
