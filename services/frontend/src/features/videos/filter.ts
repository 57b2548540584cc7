/** Filter of the list of videos: parameters of the page's address, and of the api. Pure. */

import type { paths } from "@/lib/api/schema";

type Query = NonNullable<paths["/api/videos"]["get"]["parameters"]["query"]>;

/** Names in the address. Days are local: 2026-11-29. */
export const DETAIL_FIELDS = ["folder", "extension", "reason", "from", "to"] as const;

export type DetailField = (typeof DETAIL_FIELDS)[number];

export type VideoFilter = Readonly<Record<DetailField | "state" | "q", string>>;

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Return the api's parameters. What the address has wrong is left out. */
export function queryOf(filter: VideoFilter): Query {
  const since = startOfDay(filter.from);
  const until = startOfDay(filter.to, 1);
  return {
    ...(filter.state ? { state: filter.state as NonNullable<Query["state"]> } : {}),
    ...(filter.q ? { q: filter.q } : {}),
    ...(filter.folder ? { folder: filter.folder } : {}),
    ...(/^\.[a-z0-9]{1,16}$/i.test(filter.extension) ? { extension: filter.extension } : {}),
    ...(filter.reason ? { reason_code: filter.reason as NonNullable<Query["reason_code"]> } : {}),
    ...(since ? { since } : {}),
    ...(until ? { until } : {}),
  };
}

/** Return the start of a local day, `laterDays` later, in UTC; null if it is no day. */
function startOfDay(day: string, laterDays = 0): string | null {
  if (!DAY.test(day)) return null;
  const [year, month, date] = day.split("-").map(Number) as [number, number, number];
  const start = new Date(year, month - 1, date + laterDays);
  return Number.isNaN(start.getTime()) ? null : start.toISOString();
}

export function countDetails(filter: VideoFilter): number {
  return DETAIL_FIELDS.filter((field) => filter[field] !== "").length;
}
