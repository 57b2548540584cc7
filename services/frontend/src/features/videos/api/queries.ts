"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo } from "react";
import { useInfiniteList } from "@/features/listing/use-infinite-list";
import { useLive } from "@/features/live/api/store";
import { call } from "@/lib/api/call";
import { FIRST } from "@/lib/api/first";
import type { Video } from "@/lib/api/models";
import { idOf } from "../names";
import { queryOf, type VideoFilter } from "../filter";

const POLL_INTERVAL_MS = 2000;

const keyOf = (video: Video) => video.key;

interface VideoOrder {
  order: "newest" | "oldest";
  withThumbnails: boolean;
}

export function useVideos(filter: VideoFilter, { order, withThumbnails }: VideoOrder) {
  const query = JSON.stringify({
    ...queryOf(filter),
    ...(order === "oldest" ? { order } : {}),
    ...(withThumbnails ? { with_thumbnails: true } : {}),
  });
  const load = useCallback(
    (cursor: string | null, signal?: AbortSignal) =>
      call("get", "/api/videos", {
        query: {
          limit: FIRST.videos,
          ...(JSON.parse(query) as ReturnType<typeof queryOf>),
          ...(cursor ? { cursor } : {}),
        },
        ...(signal ? { signal } : {}),
      }),
    [query],
  );
  const queryKey = useMemo(() => ["videos", query], [query]);
  return useInfiniteList({ queryKey, load, keyOf, growsAtEnd: order === "oldest" });
}

export function useVideo(key: string) {
  const client = useQueryClient();
  const video = useQuery({
    queryKey: ["video", key],
    queryFn: ({ signal }) => call("get", "/api/videos/{key}", { path: { key: idOf(key) }, signal }),
    enabled: key !== "",
    refetchInterval: ({ state }) => (state.data?.state === "processing" ? POLL_INTERVAL_MS : false),
  });
  // A retry or regeneration begins a moment after its request: the first answer can still be the one of before.
  const pushed = useLive(({ snapshot }) => snapshot?.videos.find((one) => one.key === key)?.updated_at);
  const loaded = video.data?.updated_at;
  useEffect(() => {
    if (pushed && loaded && Date.parse(pushed) > Date.parse(loaded)) {
      void client.invalidateQueries({ queryKey: ["video", key] });
    }
  }, [client, key, pushed, loaded]);
  return video;
}
