/** Options of a video in place of the settings of the workers: from the fields of a form, and for people. Pure. */

import type { Schemas } from "@/lib/api/call";
import { life } from "@/text/life";

export type Options = Schemas["RegenerationRequest"];
export type OptionFields = Readonly<Record<"positions" | "width" | "format" | "quality", string>>;

export const NO_OPTIONS: OptionFields = { positions: "", width: "", format: "", quality: "" };

/** Return the options of filled fields; null if the positions are no numbers. The api checks everything else. */
export function parseOptions({ positions, width, format, quality }: OptionFields): Options | null {
  const numbers = positions
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map(Number);
  if (numbers.some(Number.isNaN)) return null;
  return {
    ...(numbers.length > 0 ? { positions_pct: numbers } : {}),
    ...(width ? { width_px: Number(width) } : {}),
    ...(format ? { format: format as NonNullable<Options["format"]> } : {}),
    ...(quality ? { quality: Number(quality) } : {}),
  };
}

/** Return the options in words, null if there are none. */
export function describeOptions(options: Options | null | undefined): string | null {
  if (!options) return null;
  const texts = life.options;
  const { positions_pct, width_px, format, quality, background, poster_time_s } = options;
  const words = [
    positions_pct ? texts.positions(positions_pct) : null,
    width_px ? texts.width(width_px) : null,
    format ?? null,
    quality ? texts.quality(quality) : null,
    background ? texts.background(background) : null,
    typeof poster_time_s === "number" ? texts.posterTime(poster_time_s) : null,
    ...(["smart", "storyboard", "preview", "poster"] as const).map((name) => {
      const isOn = options[name];
      return isOn === null || isOn === undefined ? null : texts.switches[name][isOn ? 0 : 1];
    }),
  ];
  return words.filter(Boolean).join(", ") || null;
}
