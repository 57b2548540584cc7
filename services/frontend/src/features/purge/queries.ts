"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { showToast } from "@/components/ui/toasts";
import { call } from "@/lib/api/call";
import { asProblem } from "@/lib/api/problem";
import { text } from "@/text/dialogs";

/** Count the objects that a purge would delete. */
export function usePurgePreview() {
  return useQuery({
    queryKey: ["purge"],
    queryFn: ({ signal }) => call("get", "/api/purge", { signal }),
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
}

/** Start the purge of the counted objects. Its progress arrives over the socket. */
export function useStartPurge() {
  return useMutation({
    mutationFn: (confirmation: string) => call("post", "/api/purges", { body: { confirmation } }),
  });
}

/** Let a purge delete no more uploads. */
export function useCancelPurge(id: string) {
  return useMutation({
    mutationFn: () => call("delete", "/api/purges/{purge_id}", { path: { purge_id: id } }),
    onError: (error) => showToast({ tone: "bad", title: text.purge.notCancelled, detail: asProblem(error).message }),
  });
}

/** Return the result of a purge that has ended: the socket does not say if it was cancelled. */
export function usePurgeResult(id: string, hasEnded: boolean) {
  return useQuery({
    queryKey: ["purges", id],
    queryFn: ({ signal }) => call("get", "/api/purges/{purge_id}", { path: { purge_id: id }, signal }),
    enabled: hasEnded,
  });
}
