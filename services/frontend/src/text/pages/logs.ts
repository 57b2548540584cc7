import { text as common } from "..";

const logs = {
  logs: {
    title: "Logs",
    note: "Lines of workers, api and dashboard, the newest first.",
    search: "Search in lines",
    range: "Time",
    ranges: { "15m": "15 min", "1h": "1 hour", "24h": "24 hours", "7d": "7 days" },
    service: "Service",
    services: { worker: "Worker", api: "Api", frontend: "Dashboard", frames: "Frames" },
    level: "Level",
    levels: { warning: "Warnings", error: "Errors" },
    live: "Live",
    old: "The lines could not be refreshed. The last known ones are shown.",
    onlyVideo: (name: string) => `Only ${name}`,
    onlyUpload: (trace: string) => `Only the upload ${trace}`,
    allLines: "Show all lines",
    loadFailed: "The logs could not be loaded",
    none: "There are no logs",
    empty: "No lines found",
    emptyNote: "No line of this time fits the filters. Choose a longer time or another filter.",
    whole: "These are all lines of this time.",
    full: (time: string) => `Lines since ${time} are shown.`,
    early: (time: string) =>
      `The search ended at ${time}, because there are too many lines to read at once. Narrow the filters, or go on.`,
    older: "Show older lines",
    loading: "Loading lines …",
    fields: "Fields",
    ofVideo: "Log lines",
    openPage: "Open in Logs",
    noVideoLines: "No lines about this upload were found. Logs are kept for a limited time.",
  },
} as const;

/** The texts of all pages, and those that only load with this part. */
export const text = { ...common, ...logs } as const;
