"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { createStore, useStore } from "zustand";
import { showToast } from "@/components/ui/toasts";
import { call, type Schemas } from "@/lib/api/call";
import { asProblem } from "@/lib/api/problem";
import { text } from "@/text";

export type Job = Schemas["Job"];
export type JobRequest = Schemas["JobRequest"];

const POLL_MS = 1000;

/** The job that this tab has started last; it stays while the user moves between pages. */
const shown = createStore<{ id: string | null }>(() => ({ id: null }));

export function hasFinished({ state }: Pick<Job, "state">): boolean {
  return state !== "selecting" && state !== "running";
}

export function useStartJob() {
  return useMutation({
    mutationFn: (body: JobRequest) => call("post", "/api/jobs", { body }),
    onSuccess: ({ id }) => shown.setState({ id }),
    onError: (error) => showToast({ tone: "bad", title: text.jobs.notStarted, detail: asProblem(error).message }),
  });
}

/** Return the shown job, followed until it has finished. */
export function useShownJob() {
  const client = useQueryClient();
  const id = useStore(shown, (state) => state.id);
  const { data: job } = useQuery({
    queryKey: ["job", id],
    queryFn: ({ signal }) => call("get", "/api/jobs/{job_id}", { path: { job_id: id ?? "" }, signal }),
    enabled: id !== null,
    refetchInterval: ({ state }) => (state.data && hasFinished(state.data) ? false : POLL_MS),
  });
  const isFinished = job !== undefined && hasFinished(job);
  useEffect(() => {
    if (isFinished) void client.invalidateQueries({ queryKey: ["videos"] });
  }, [client, isFinished]);
  const cancel = useMutation({
    mutationFn: () => call("delete", "/api/jobs/{job_id}", { path: { job_id: id ?? "" } }),
    onSettled: () => client.invalidateQueries({ queryKey: ["job", id] }),
  });
  return { job: id === null ? null : (job ?? null), cancel, close: () => shown.setState({ id: null }) };
}
