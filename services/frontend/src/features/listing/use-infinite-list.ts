"use client";

import { keepPreviousData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { useLive } from "@/features/live/api/store";
import { type Page, withFreshFirst } from "./merge";

/** Up to so many pages are loaded anew as a whole when something has changed; of longer lists only the first. */
const RELOADED_PAGES = 3;

interface EndlessOptions<Item> {
  queryKey: readonly unknown[];
  /** A page from its cursor, the first from none. */
  load: (cursor: string | null, signal?: AbortSignal) => Promise<Page<Item>>;
  keyOf: (item: Item) => string;
}

/** A list without end, page by page, which follows the pipeline's news. */
export function useEndless<Item>({ queryKey, load, keyOf }: EndlessOptions<Item>) {
  const client = useQueryClient();
  const news = useLive((state) => state.news);
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => load(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    placeholderData: keepPreviousData,
  });
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = query;

  const refresh = useCallback(async () => {
    if ((data?.pages.length ?? 0) <= RELOADED_PAGES) {
      await refetch({ cancelRefetch: false });
      return;
    }
    const fresh = await load(null);
    client.setQueryData<typeof data>(queryKey, (known) =>
      known ? { ...known, pages: withFreshFirst(known.pages, fresh, keyOf) } : known,
    );
  }, [client, data, keyOf, load, queryKey, refetch]);

  const latest = useRef(refresh);
  useEffect(() => {
    latest.current = refresh;
  }, [refresh]);
  const known = useRef(news);
  useEffect(() => {
    if (known.current === news) return;
    known.current = news;
    // The next news bring it again, if it fails now.
    latest.current().catch(() => undefined);
  }, [news]);

  const items = useMemo(() => {
    const seen = new Set<string>();
    const all = data?.pages.flatMap((page) => page.items) ?? [];
    // A video that ends while one scrolls moves to the front, and would come again further down.
    return all.filter((item) => !seen.has(keyOf(item)) && seen.add(keyOf(item)));
  }, [data, keyOf]);
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return { items, isKnown: data !== undefined, isMore: hasNextPage, loadMore, error: query.error, reload: refetch };
}
