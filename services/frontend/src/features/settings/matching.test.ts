import { expect, it } from "vitest";
import type { Schemas } from "@/lib/api/call";
import { compareSettings, matchingSettings } from "./matching";

type Setting = Schemas["SettingValue"];

function variantOf(version: string, values: Record<string, Partial<Setting>>): Schemas["SettingsVariant"] {
  const items = Object.entries(values).map(([name, given]) => ({
    name,
    value: null,
    source: "default" as const,
    default: null,
    description: `Meaning of ${name}.`,
    is_secret: false,
    is_per_process: false,
    ...given,
  }));
  return { version, seen_at: "2026-11-30T12:00:00Z", items };
}

const NEW = variantOf("0.2.0", { PORT: { value: "1" }, WIDTH: { value: "320", source: "environment" }, NEW: {} });
const OLD = variantOf("0.1.0", { PORT: { value: "1" }, WIDTH: { value: "640" } });
const EQUAL = variantOf("0.0.9", { PORT: { value: "1" }, WIDTH: { value: "640" } });

it("puts settings that differ first, with the variants of each value", () => {
  const compared = compareSettings([NEW, OLD, EQUAL]);
  expect(compared.map(({ name, description }) => [name, description])).toEqual([
    ["WIDTH", "Meaning of WIDTH."],
    ["NEW", "Meaning of NEW."],
    ["PORT", "Meaning of PORT."],
  ]);
  expect(
    compared.map(({ readings }) => readings.map(({ letters, setting }) => [letters.join(""), setting?.value])),
  ).toEqual([
    [
      ["A", "320"],
      ["BC", "640"],
    ],
    [
      ["A", null],
      ["BC", undefined],
    ],
    [["ABC", "1"]],
  ]);
});

it("keeps the order of one variant", () => {
  expect(compareSettings([NEW]).map(({ name }) => name)).toEqual(["PORT", "WIDTH", "NEW"]);
  expect(compareSettings([])).toEqual([]);
});

it("finds a setting by the value and the source of any variant", () => {
  const compared = compareSettings([NEW, OLD]);
  const found = (source: string, search: string) =>
    matchingSettings(compared, { source, search }).map(({ name }) => name);
  expect(found("", "640")).toEqual(["WIDTH"]);
  expect(found("environment", "")).toEqual(["WIDTH"]);
  expect(found("default", " width ")).toEqual(["WIDTH"]);
  expect(found("environment", "port")).toEqual([]);
});
