"use client";

import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { useInfiniteList } from "@/features/listing/use-infinite-list";
import { call } from "@/lib/api/call";
import type { Thumbnail } from "@/lib/api/models";

const PAGE = 48;

const keyOf = (thumbnail: Thumbnail) => thumbnail.key;

/** Load thumbnails of one position, or of all positions if it is empty. */
export function useThumbnails(position: string) {
  const load = useCallback(
    (cursor: string | null, signal?: AbortSignal) =>
      call("get", "/api/thumbnails", {
        query: { limit: PAGE, ...(position ? { position: Number(position) } : {}), ...(cursor ? { cursor } : {}) },
        ...(signal ? { signal } : {}),
      }),
    [position],
  );
  return useInfiniteList({ queryKey: useMemo(() => ["gallery", position], [position]), load, keyOf });
}

export function useLatestThumbnails(count: number) {
  return useQuery({
    queryKey: ["latest", count],
    queryFn: ({ signal }) => call("get", "/api/thumbnails", { query: { limit: count }, signal }),
  });
}
