"use client";

import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { useEndless } from "@/features/listing/use-infinite-list";
import { call } from "@/lib/api/call";
import type { Thumbnail } from "@/lib/api/models";

const PAGE = 48;

const keyOf = (thumbnail: Thumbnail) => thumbnail.key;

/** Thumbnails of one position, or of all when it is empty. */
export function useThumbnails(position: string) {
  const load = useCallback(
    (cursor: string | null, signal?: AbortSignal) =>
      call("get", "/api/thumbnails", {
        query: { limit: PAGE, ...(position ? { position: Number(position) } : {}), ...(cursor ? { cursor } : {}) },
        ...(signal ? { signal } : {}),
      }),
    [position],
  );
  return useEndless({ queryKey: useMemo(() => ["gallery", position], [position]), load, keyOf });
}

export function useLatestThumbnails(count: number) {
  return useQuery({
    queryKey: ["latest", count],
    queryFn: ({ signal }) => call("get", "/api/thumbnails", { query: { limit: count }, signal }),
  });
}
