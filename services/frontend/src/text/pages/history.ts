import { formatCount, formatDay, formatDayAndMinute, formatDuration, formatMinute, formatUtcDay } from "@/lib/units";
import { counted } from "../plural";
import { text as common } from "..";

type RangeName = "1h" | "24h" | "7d" | "30d";

/** Name the length of a point: minute, 15 min, hour, day. */
function stepOf(seconds: number): string {
  return { 60: "minute", 3600: "hour", 86400: "day" }[seconds] ?? formatDuration(seconds);
}

const history = {
  history: {
    title: "History",
    note: "Videos whose processing ended.",
    old: "The figures could not be refreshed. The last known ones are shown.",
    loadFailed: "The history could not be loaded",
    range: "Time",
    ranges: { "1h": "1 hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days" },
    last: { "1h": "last hour", "24h": "last 24 hours", "7d": "last 7 days", "30d": "last 30 days" },
    axisTime: (range: RangeName, time: Date) =>
      (range === "30d" ? formatUtcDay : range === "7d" ? formatDay : formatMinute)(time),
    moment: (range: RangeName, time: Date) =>
      range === "30d" ? `${formatUtcDay(time)} (UTC)` : (range === "1h" ? formatMinute : formatDayAndMinute)(time),
    success: "Success rate",
    ofVideos: (good: number, all: number) =>
      all === 0 ? "no videos" : `${formatCount(good)} of ${counted(all, "video")} got thumbnails`,
    throughput: "Throughput",
    unit: (count: number) => (count === 1 ? "video" : "videos"),
    busiest: (count: number, stepS: number) => `at most ${formatCount(count)} per ${stepOf(stepS)}`,
    perStep: (stepS: number) => `videos per ${stepOf(stepS)}`,
    good: "with thumbnails",
    failed: "failed",
    throughputSummary: (range: string, ended: number, failed: number, busiest: number, stepS: number) =>
      `Videos of the ${range}: ${formatCount(ended)}, of which ${formatCount(failed)} failed; ` +
      `at most ${formatCount(busiest)} per ${stepOf(stepS)}.`,
    countPoint: (moment: string, good: number, failed: number) =>
      `${moment}\n${formatCount(good)} with thumbnails\n${formatCount(failed)} failed`,
    times: { queue: "Time in queue", thumbnails: "Time to thumbnails" },
    timeNotes: { queue: "from the upload to a worker", thumbnails: "from the upload to the last thumbnail" },
    within: (most: string) => `or less for 50 % of the videos; ${most} for 95 %`,
    timesSummary: (title: string, range: string, half: string, most: string) =>
      `${title} of the ${range}: 50 % of the videos within ${half}, 95 % within ${most}.`,
    timePoint: (moment: string, half: string, most: string) => `${moment}\n50 % within ${half}\n95 % within ${most}`,
    reasons: "Failures by reason",
    noFailures: "No failures",
    noFailuresNote: "All videos of this time got thumbnails.",
    emptyTitle: (range: string) => `No videos in the ${range}`,
    empty: "Choose a longer time, or upload a video.",
  },
  cost: {
    title: "Cost of this month so far",
    note: "an estimate, in US dollars",
    local: "This pipeline runs on one machine, and costs nothing in AWS. No prices are configured for a comparison.",
    localPriced: "This pipeline runs on one machine, and costs nothing in AWS. There, the same would cost about:",
    unpriced: "No prices are configured (COST_PRICES), so that only the usage is shown.",
    part: "Part",
    from: "Estimated from",
    usd: "US dollars",
    parts: { fixed: "Fixed", workers: "Workers", requests: "Requests", storage: "Storage" },
    fixed: (monthUsd: number) => `cluster, network, api and dashboard: $${monthUsd.toFixed(2)} a month`,
    workers: (hours: number, worked: string) =>
      `about ${formatCount(Math.round(hours * 10) / 10)} h of pods, from ${worked} of processing in each hour's videos`,
    requests: (videos: number) => `${counted(videos, "video")}: requests, data and logs`,
    storage: (bytes: string) => `${bytes} stored now, as if it had been so all the time`,
    total: "Total",
    amount: (usd: number) => `$${usd.toFixed(2)}`,
    usage: (videos: number, worked: string, bytes: string) =>
      `${counted(videos, "video")} and ${worked} of processing so far; ${bytes} are stored now.`,
    since: (time: Date) => `Measured since ${formatUtcDay(time)} (UTC).`,
    basis: (region: string, month: string) =>
      `List prices of ${region} of ${month}, without free allowances, discounts, tax and transfer to browsers. The bill of AWS decides.`,
  },
} as const;

/** The texts of all pages, and those that only load with this part. */
export const text = { ...common, ...history } as const;
