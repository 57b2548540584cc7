/** Choice of the settings to show, and comparison of running processes. Pure. */

import type { Schemas } from "@/lib/api/call";

export const SERVICES = ["worker", "api", "frames", "dashboard"] as const;
export const SOURCES = ["environment", "default"] as const;

export type Setting = Schemas["SettingValue"];
type Variant = Schemas["SettingsVariant"];

/** A service as the api answers, or the dashboard's server. */
export type ShownService = Omit<Schemas["SettingsOfService"], "service"> & { service: (typeof SERVICES)[number] };

/** Return the dashboard's server as a service, with its settings. */
export function showDashboard(items: readonly Setting[]): ShownService {
  const variants = [{ version: "", seen_at: "", items: [...items] }];
  return { service: "dashboard", is_running: true, variants, error: null };
}

/** One value of a setting, with the letters of the variants that have it; null for those without the setting. */
export interface Reading {
  letters: string[];
  setting: Setting | null;
}

/** A setting with one reading, or with several if running processes differ. */
export interface ComparedSetting {
  name: string;
  description: string;
  readings: Reading[];
}

/** Return the letter of a variant: A for the newest. */
export function letterOf(index: number): string {
  return String.fromCharCode("A".charCodeAt(0) + index);
}

/** Return the settings of a service's variants, those that differ first. */
export function compareSettings(variants: readonly Variant[]): ComparedSetting[] {
  const byName = variants.map(({ items }) => new Map(items.map((item) => [item.name, item])));
  const names = new Set(variants.flatMap(({ items }) => items.map(({ name }) => name)));
  const all = [...names].map((name) => {
    const readings: Reading[] = [];
    byName.forEach((settings, index) => {
      const setting = settings.get(name) ?? null;
      const same = readings.find((reading) => isSame(reading.setting, setting));
      if (same) same.letters.push(letterOf(index));
      else readings.push({ letters: [letterOf(index)], setting });
    });
    const description = readings.find(({ setting }) => setting)?.setting?.description ?? "";
    return { name, description, readings };
  });
  return [...all.filter(isDifferent), ...all.filter((one) => !isDifferent(one))];
}

export function isDifferent({ readings }: ComparedSetting): boolean {
  return readings.length > 1;
}

function isSame(one: Setting | null, other: Setting | null): boolean {
  return one?.value === other?.value && one?.source === other?.source && one?.default === other?.default;
}

/** Return the settings of a source, all without one, whose name, a value or meaning contains the text. */
export function matchingSettings(
  settings: readonly ComparedSetting[],
  { source, search }: { source: string; search: string },
): ComparedSetting[] {
  const wanted = search.trim().toLowerCase();
  return settings.filter(({ name, description, readings }) => {
    const values = readings.flatMap(({ setting }) => setting?.value ?? []);
    return (
      (!source || readings.some(({ setting }) => setting?.source === source)) &&
      [name, description, ...values].some((part) => part.toLowerCase().includes(wanted))
    );
  });
}
