"use client";

import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { useInfiniteList } from "@/features/listing/use-infinite-list";
import { call } from "@/lib/api/call";
import type { Thumbnail } from "@/lib/api/models";

/** Thumbnails of one page: about 48 videos with the three default positions. */
const PAGE = 144;

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

/** Twelve videos with the three default positions. */
const LATEST = 36;

export function useLatestThumbnails() {
  return useQuery({
    queryKey: ["latest"],
    queryFn: ({ signal }) => call("get", "/api/thumbnails", { query: { limit: LATEST }, signal }),
  });
}
