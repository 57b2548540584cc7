import { counted } from "./plural";
import { text as common } from ".";

const pause = {
  pause: {
    title: "Pause processing",
    pausedTitle: "Processing is paused",
    unknown: "The videos table does not answer. Try again in a moment.",
    viewer: "Only operators can pause and resume. You are logged in as a viewer.",
    finish: "Workers finish the videos that they have, and receive no more. This takes up to 20 s.",
    uploads: "New uploads wait in the queue. The pause lasts until somebody resumes, also over restarts.",
    retention: (time: string) =>
      `The queue deletes a message after ${time}. After a longer pause, Reconcile finds and queues its upload again.`,
    cost: "In a cluster, workers still start for waiting videos, and cost while they idle.",
    confirm: "Pause",
    resume: "Resume",
    begun: (time: string, by: string | null) => `Paused on ${time}${by ? ` by ${by}` : ""}.`,
    waiting: (count: number) => `${counted(count, "message")} in the queue.`,
    expires: (time: string) =>
      `The queue deletes the oldest message on ${time} at the earliest. Resume before that, or use Reconcile later.`,
  },
} as const;

/** Texts of the dialog, which is loaded when it is opened. */
export const text = { common: common.common, ...pause } as const;
