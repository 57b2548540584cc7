"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { call } from "@/lib/api/call";

/** What a purge would take, counted when it is asked. */
export function usePurgePreview() {
  return useQuery({
    queryKey: ["purge"],
    queryFn: ({ signal }) => call("get", "/api/purge", { signal }),
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
}

/** Starts the purge. It goes on by itself; how far it is comes over the socket. */
export function useStartPurge() {
  return useMutation({ mutationFn: () => call("delete", "/api/purge") });
}
