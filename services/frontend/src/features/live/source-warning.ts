"use client";

import { text } from "@/text";
import { useNow } from "./clock";
import type { SourceName } from "./snapshot";
import { useLive } from "./store";

/** The same in two words, for a figure. */
export function useSourceAge(name: SourceName): string | null {
  const now_ms = useNow();
  const source = useLive((state) => state.snapshot?.sources[name]);
  const last_ms = useLive((state) => state.last_ms);
  if (!source?.isStale) return null;
  if (source.age_s === null) return text.live.sourceSilent;
  return text.live.sourceAge(source.age_s + sinceThen_s(last_ms, now_ms));
}

function sinceThen_s(last_ms: number | null, now_ms: number): number {
  return last_ms === null ? 0 : Math.max(0, (now_ms - last_ms) / 1000);
}

/** What a card says when the source of its data has failed, with the age of what is still shown. */
export function useSourceWarning(name: SourceName): string | null {
  const now_ms = useNow();
  const source = useLive((state) => state.snapshot?.sources[name]);
  const last_ms = useLive((state) => state.last_ms);
  if (!source?.isStale) return null;
  const title = text.live.sources[name] ?? name;
  if (source.age_s === null) return text.live.sourceNever(title, source.error);
  return text.live.source(title, source.age_s + sinceThen_s(last_ms, now_ms), source.error);
}
