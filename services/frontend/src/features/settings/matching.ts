/** Choice of the settings to show. Pure. */

import type { Schemas } from "@/lib/api/call";

export const SOURCES = ["environment", "default"] as const;

type Setting = Schemas["SettingValue"];

/** Return the settings of a source, all without one, whose name, value or meaning contains the text. */
export function matchingSettings(
  settings: readonly Setting[],
  { source, search }: { source: string; search: string },
): Setting[] {
  const wanted = search.trim().toLowerCase();
  return settings.filter(
    (setting) =>
      (!source || setting.source === source) &&
      [setting.name, setting.value ?? "", setting.description].some((part) => part.toLowerCase().includes(wanted)),
  );
}
