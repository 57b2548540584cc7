"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call, type Schemas } from "@/lib/api/call";

export type Reconciliation = Schemas["Reconciliation"];

const KEY = ["reconciliation"];
const POLL_MS = 1000;

/** Return the running or latest reconciliation, null if there was none. */
export function useReconciliation() {
  return useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }) => (await call("get", "/api/reconciliations", { signal })).items[0] ?? null,
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data?.state === "running" ? POLL_MS : false),
  });
}

/** Start a dry run, or the run that a confirmation is for. */
export function useStartReconciliation() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Partial<Schemas["ReconciliationRequest"]>) =>
      call("post", "/api/reconciliations", { body: body as Schemas["ReconciliationRequest"] }),
    onSuccess: (started) => client.setQueryData(KEY, started),
    // Another person may have started one.
    onError: () => client.invalidateQueries({ queryKey: KEY }),
  });
}

export function useCancelReconciliation() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (identity: string) => call("delete", "/api/reconciliations/{identity}", { path: { identity } }),
    onSettled: () => client.invalidateQueries({ queryKey: KEY }),
  });
}
