"use client";

import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { createStore, useStore } from "zustand";
import { showToast } from "@/components/ui/toasts";
import { serverNowMs, useLive } from "@/features/live/api/store";
import { call, type Schemas } from "@/lib/api/call";
import type { JobProgress } from "@/lib/api/models";
import { asProblem } from "@/lib/api/problem";
import { text } from "@/text/jobs";
import type { JobFilter, StateCounts } from "../selection";

export type Job = Schemas["Job"];
export type JobRequest = Schemas["JobRequest"];
export type ShownJob = JobProgress & Partial<Pick<Job, "failures">>;

const NONE: readonly JobProgress[] = [];

interface KnownJobs {
  started: readonly Job[];
  closed: ReadonlySet<string>;
}

/** Jobs that this tab has started, as they began, and those that the user has closed. They stay between pages. */
const known = createStore<KnownJobs>(() => ({ started: [], closed: new Set() }));

export function hasFinished({ state }: Pick<JobProgress, "state">): boolean {
  return state !== "selecting" && state !== "running";
}

export function closeJob(id: string): void {
  known.setState(({ closed }) => ({ closed: new Set(closed).add(id) }));
}

function showStarted(job: Job): void {
  known.setState(({ started }) => ({ started: [job, ...started] }));
}

export function useStartJob() {
  return useMutation({
    mutationFn: (body: JobRequest) => call("post", "/api/jobs", { body }),
    onSuccess: showStarted,
    onError: (error) => showToast({ tone: "bad", title: text.jobs.notStarted, detail: asProblem(error).message }),
  });
}

/** Undo what can be undone of a job that has ended, by another job whose card replaces its card. */
export function useUndoJob(id: string) {
  return useMutation({
    mutationFn: () => call("post", "/api/jobs/{job_id}/undo", { path: { job_id: id } }),
    onSuccess: (job) => {
      closeJob(id);
      showStarted(job);
    },
    onError: (error) => showToast({ tone: "bad", title: text.jobs.notUndone, detail: asProblem(error).message }),
  });
}

/** Return the ids of the jobs to show: those that run or have just ended, whoever started them, and this tab's own. */
export function useShownJobs(): readonly string[] {
  const { started, closed } = useStore(known);
  const pushed = useLive((state) => state.snapshot?.jobs ?? NONE);
  return useMemo(
    () => [...new Set([...started, ...pushed].map(({ id }) => id))].filter((id) => !closed.has(id)),
    [started, closed, pushed],
  );
}

/**
 * Return a job with its progress, as the socket pushes it. A request brings the rest: the failures, and the end of a
 * job that is no longer pushed.
 */
export function useJob(id: string): ShownJob | null {
  const client = useQueryClient();
  const begun = useStore(known, ({ started }) => started.find((job) => job.id === id));
  const progress = useLive((state) => state.snapshot?.jobs.find((job) => job.id === id));
  const isConnected = useLive((state) => state.socket === "open");
  const { data } = useQuery({
    queryKey: ["job", id, isConnected, progress?.state, progress?.failed],
    queryFn: ({ signal }) => call("get", "/api/jobs/{job_id}", { path: { job_id: id }, signal }),
    enabled: progress === undefined || progress.failed > 0,
    placeholderData: keepPreviousData,
  });
  const whole = data ?? begun;
  const job = progress ? { ...whole, ...progress } : (whole ?? null);
  const isFinished = job !== null && hasFinished(job);
  useEffect(() => {
    if (isFinished) for (const name of ["videos", "counts"]) void client.invalidateQueries({ queryKey: [name] });
  }, [client, isFinished]);
  return job;
}

export function useCancelJob(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call("delete", "/api/jobs/{job_id}", { path: { job_id: id } }),
    onError: (error) => showToast({ tone: "bad", title: text.jobs.notCancelled, detail: asProblem(error).message }),
    onSettled: () => client.invalidateQueries({ queryKey: ["job", id] }),
  });
}

/**
 * Count the videos of a filter by state. A count of very many takes several requests: only the first one unless
 * `isWhole` is set, and the result is not complete.
 */
export function useCounts(filter: JobFilter, isWhole: boolean) {
  const { data } = useQuery({
    queryKey: ["counts", JSON.stringify(filter), isWhole],
    queryFn: async ({ signal }) => {
      const at = new Date(serverNowMs()).toISOString();
      const counts: StateCounts = {};
      let cursor: string | null = null;
      do {
        const query = { ...filter, ...(cursor ? { cursor } : {}) } as Record<string, string>;
        const page: Schemas["VideoCounts"] = await call("get", "/api/videos/counts", { query, signal });
        for (const [state, count] of Object.entries(page.counts) as [keyof StateCounts, number][])
          counts[state] = (counts[state] ?? 0) + count;
        cursor = page.next_cursor;
      } while (cursor && isWhole);
      return { at, counts, isComplete: cursor === null };
    },
    staleTime: 0,
    placeholderData: keepPreviousData,
  });
  return data ?? null;
}
