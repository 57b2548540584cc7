"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { call } from "@/lib/api/call";

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
    mutationFn: (confirmation: string) => call("delete", "/api/purge", { query: { confirmation } }),
  });
}
