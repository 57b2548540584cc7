/** Filters of the logs, as the address and the api have them. Pure. */

import type { paths } from "@/lib/api/schema";

export const RANGES = ["15m", "1h", "24h", "7d"] as const;
export const SERVICES = ["worker", "api", "frontend", "frames"] as const;
export const LEVELS = ["warning", "error"] as const;
export const DEFAULT_RANGE = "1h";

export type Range = (typeof RANGES)[number];
export type LogQuery = NonNullable<paths["/api/logs"]["get"]["parameters"]["query"]>;

const MINUTE_MS = 60_000;
const LENGTHS_MS: Record<Range, number> = {
  "15m": 15 * MINUTE_MS,
  "1h": 60 * MINUTE_MS,
  "24h": 24 * 60 * MINUTE_MS,
  "7d": 7 * 24 * 60 * MINUTE_MS,
};

export interface LogFilter {
  range: Range;
  service: string;
  level: string;
  q: string;
  key: string;
  trace: string;
}

/** Return the first choice if the address has another value. */
export function choiceOf<Value extends string>(value: string, choices: readonly Value[], otherwise: Value): Value {
  return choices.find((choice) => choice === value) ?? otherwise;
}

/** Return the api's parameters; `until` is the end of a further page. */
export function queryOf({ range, service, level, q, key, trace }: LogFilter, nowMs: number, until?: string): LogQuery {
  const chosen = {
    service: SERVICES.find((one) => one === service),
    level: LEVELS.find((one) => one === level),
    q: q.trim() || undefined,
    key: key || undefined,
    trace_id: /^[0-9a-f]{32}$/.test(trace) ? trace : undefined,
    until,
  };
  const given = Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined));
  return { since: new Date(nowMs - LENGTHS_MS[range]).toISOString(), ...given };
}
