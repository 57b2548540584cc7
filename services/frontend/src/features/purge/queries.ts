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

/** Start the purge of what a preview counted. It goes on by itself; its progress comes over the socket. */
export function useStartPurge() {
  return useMutation({
    mutationFn: (confirmation: string) => call("delete", "/api/purge", { query: { confirmation } }),
  });
}
