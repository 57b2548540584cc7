"use client";

import { useQuery } from "@tanstack/react-query";
import { call } from "@/lib/api/call";

/** Twelve videos with the three default positions. */
const LATEST = 36;

export function useLatestThumbnails() {
  return useQuery({
    queryKey: ["latest"],
    queryFn: ({ signal }) => call("get", "/api/thumbnails", { query: { limit: LATEST }, signal }),
  });
}
