import { text as common } from "..";

const settings = {
  settings: {
    title: "Settings",
    note: "Every value in force, its source and its meaning.",
    search: "Search settings",
    service: "Service",
    services: { worker: "Worker", api: "Api", frames: "Frames", dashboard: "Dashboard" },
    source: "Source",
    sources: { environment: "Set", default: "Default" },
    of: {
      worker: "Settings of the worker",
      api: "Settings of the api",
      frames: "Settings of the frames service",
      dashboard: "Settings of the dashboard",
    },
    ofServer: "Of the server that sent this page",
    answered: (version: string) => `Version ${version}, of the process that answered`,
    seen: (version: string, time: string) => `Version ${version}, last reported ${time}`,
    ended: (version: string, time: string) => `No process is running. Version ${version}, last reported ${time}`,
    unpublished: {
      worker: "No worker has published its settings yet. Each does so some seconds after its start.",
      api: "The api has not published its settings yet.",
      frames: "The frames service has not published its settings yet. It does so some seconds after its start.",
      dashboard: "The dashboard has no settings.",
    },
    unreadable: (reason: string) => `The settings could not be read. ${reason}`,
    differ: "Running processes have different versions or values, for example during a rollout.",
    variant: (letter: string, version: string, time: string) => `${letter}: version ${version}, last reported ${time}`,
    differs: "Differs",
    missing: "(this version does not have it)",
    isDefault: "Default",
    isSet: (preset: string | null) => `Set by the deployment${preset ? `; default: ${preset}` : ""}`,
    unset: "(not set)",
    secret: "(secret)",
    perProcess: "(each process has its own)",
    failed: "The settings could not be loaded",
    nothingFoundTitle: "No settings found",
    nothingFound: "No setting matches the text and the filters. Change them.",
  },
} as const;

/** The texts of all pages, and those that only load with this part. */
export const text = { ...common, ...settings } as const;
