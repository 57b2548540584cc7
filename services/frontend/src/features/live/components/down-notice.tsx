"use client";

import { formatAge } from "@/lib/units";
import { text } from "@/text";
import { connectNow } from "../api/connection";
import { useLive } from "../api/store";
import { useLiveness } from "../use-liveness";
import { useNow } from "../use-now";

/** Strip below the header while the connection is lost. It covers the page's upper margin, so that nothing moves. */
export function DownNotice() {
  const nowMs = useNow();
  const { liveness, ageS } = useLiveness();
  const nextAttemptMs = useLive((state) => state.nextAttemptMs);
  if (liveness !== "down") return null;
  const waitS = nextAttemptMs === null ? 0 : Math.ceil((nextAttemptMs - nowMs) / 1000);
  return (
    <div className="absolute inset-x-0 top-full flex h-6 items-center justify-center gap-x-3 overflow-hidden bg-bad-soft px-4 text-xs whitespace-nowrap text-bad">
      <p>{ageS === null ? text.live.neverConnected : text.live.lost(formatAge(ageS))}</p>
      <p>{waitS > 0 ? text.live.nextAttempt(waitS) : text.live.attempting}</p>
      {waitS > 1 ? (
        <button type="button" className="h-6 px-1 font-medium underline" onClick={connectNow}>
          {text.live.connectNow}
        </button>
      ) : null}
    </div>
  );
}
