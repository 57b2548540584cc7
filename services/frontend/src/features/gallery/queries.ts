"use client";

import { useQuery } from "@tanstack/react-query";
import { call } from "@/lib/api/call";
import { FIRST } from "@/lib/api/first";

export function useLatestThumbnails() {
  return useQuery({
    queryKey: ["latest"],
    queryFn: ({ signal }) => call("get", "/api/thumbnails", { query: { limit: FIRST.thumbnails }, signal }),
  });
}
