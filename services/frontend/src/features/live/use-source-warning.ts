"use client";

import { text } from "@/text";
import { useNow } from "./use-now";
import type { SourceName } from "./api/snapshot";
import { useLive } from "./api/store";

/** Return a short warning for a figure, or null while its source works. */
export function useSourceAge(name: SourceName): string | null {
  const nowMs = useNow();
  const source = useLive((state) => state.snapshot?.sources[name]);
  const lastMs = useLive((state) => state.lastMs);
  if (!source?.isStale) return null;
  if (source.ageS === null) return text.live.sourceSilent;
  return text.live.sourceAge(source.ageS + sinceThenS(lastMs, nowMs));
}

function sinceThenS(lastMs: number | null, nowMs: number): number {
  return lastMs === null ? 0 : Math.max(0, (nowMs - lastMs) / 1000);
}

/** Return a card's warning with the age of its data, or null while its source works. */
export function useSourceWarning(name: SourceName): string | null {
  const nowMs = useNow();
  const source = useLive((state) => state.snapshot?.sources[name]);
  const lastMs = useLive((state) => state.lastMs);
  if (!source?.isStale) return null;
  const title = text.live.sources[name] ?? name;
  if (source.ageS === null) return text.live.sourceNever(title, source.error);
  return text.live.source(title, source.ageS + sinceThenS(lastMs, nowMs), source.error);
}
