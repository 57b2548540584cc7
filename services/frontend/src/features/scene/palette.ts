"use client";

import { useSyncExternalStore } from "react";
import { colour, onThemeChange } from "@/features/theme/theme";

const TOKENS = [
  "canvas",
  "panel",
  "raised",
  "line",
  "line-strong",
  "ink",
  "muted",
  "accent",
  "good",
  "warn",
  "bad",
] as const;

export type Palette = Record<(typeof TOKENS)[number], string>;

let known: { stamp: string; palette: Palette } | null = null;

function read(): Palette {
  const palette = Object.fromEntries(TOKENS.map((token) => [token, colour(token)])) as Palette;
  const stamp = Object.values(palette).join();
  if (known?.stamp !== stamp) known = { stamp, palette };
  return known.palette;
}

/** Return the theme's colours for three.js, which cannot read CSS, and update them when the theme changes. */
export function usePalette(): Palette {
  return useSyncExternalStore(onThemeChange, read, read);
}
