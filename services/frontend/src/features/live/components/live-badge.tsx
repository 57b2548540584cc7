"use client";

import { Dot, Pill, type Tone } from "@/components/ui/pill";
import { formatAge } from "@/lib/units";
import { text } from "@/text";
import type { Liveness } from "../freshness";
import { useLiveness } from "../use-liveness";

const TONES: Record<Liveness, Tone> = { live: "good", stale: "warn", down: "bad", connecting: "calm" };

/** LIVE, STALE or DOWN, with the data's age when it matters. Screen readers announce changes, not every second. */
export function LiveBadge() {
  const { liveness, ageS } = useLiveness();
  // While the connection is lost, the strip below the header has the age.
  const isOld = liveness === "stale" && ageS !== null;
  return (
    <div className="flex items-center gap-2" title={text.live.explain[liveness]}>
      <span role="status" aria-label={text.live.label} data-liveness={liveness}>
        <Pill tone={TONES[liveness]}>
          <Dot className={liveness === "live" ? "" : "animate-pulse"} />
          {text.live[liveness]}
        </Pill>
      </span>
      {isOld ? (
        <span className="text-xs whitespace-nowrap text-muted">
          <span className="max-sm:sr-only">{text.live.age(ageS)}</span>
          <span aria-hidden className="sm:hidden">
            {formatAge(ageS)}
          </span>
        </span>
      ) : null}
    </div>
  );
}
