"use client";

import { text } from "@/text";
import { useNow } from "./use-now";
import type { SourceName } from "./api/snapshot";
import { useLive } from "./api/store";

/** The same in two words, for a figure. */
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

/** What a card says when the source of its data has failed, with the age of what is still shown. */
export function useSourceWarning(name: SourceName): string | null {
  const nowMs = useNow();
  const source = useLive((state) => state.snapshot?.sources[name]);
  const lastMs = useLive((state) => state.lastMs);
  if (!source?.isStale) return null;
  const title = text.live.sources[name] ?? name;
  if (source.ageS === null) return text.live.sourceNever(title, source.error);
  return text.live.source(title, source.ageS + sinceThenS(lastMs, nowMs), source.error);
}
