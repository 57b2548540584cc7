"use client";

import { environmentManager, keepPreviousData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { useLive } from "@/features/live/api/store";
import { useDeferredArrival } from "@/lib/use-deferred-arrival";
import { type Page, prependPage } from "./merge";

/** Lists of up to this many pages are reloaded completely; longer ones reload only the first page. */
const RELOADED_PAGES = 3;
/** Back finds the pages that were loaded, for this long. */
const KEPT_MS = 30 * 60_000;

interface InfiniteListOptions<Item> {
  queryKey: readonly unknown[];
  /** Load the page at a cursor, or the first page without one. */
  load: (cursor: string | null, signal?: AbortSignal) => Promise<Page<Item>>;
  keyOf: (item: Item) => string;
  /** True if new items come to the end of the list, not to its first page. */
  growsAtEnd?: boolean;
}

/** Load a list page by page, and refresh it when the pipeline's data changes. */
export function useInfiniteList<Item>({ queryKey, load, keyOf, growsAtEnd = false }: InfiniteListOptions<Item>) {
  const client = useQueryClient();
  const revision = useLive((state) => state.revision);
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => load(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    placeholderData: keepPreviousData,
    // A timer of the server would keep all that it has made for a visitor's page.
    gcTime: environmentManager.isServer() ? Number.POSITIVE_INFINITY : KEPT_MS,
  });
  const isShown = useDeferredArrival(query.data) !== undefined;
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = query;

  const refresh = useCallback(async () => {
    const reload = async () => {
      const wasLoading = client.isFetching({ queryKey, exact: true }) > 0;
      await refetch({ cancelRefetch: false });
      // The answer of a request that had begun before the change can lack it.
      if (wasLoading) await refetch({ cancelRefetch: false });
    };
    if ((data?.pages.length ?? 0) <= RELOADED_PAGES) {
      await reload();
      return;
    }
    if (growsAtEnd) {
      // New items matter only to a list that was loaded to its end.
      if (!hasNextPage) await reload();
      return;
    }
    const fresh = await load(null);
    client.setQueryData<typeof data>(queryKey, (known) =>
      known ? { ...known, pages: prependPage(known.pages, fresh, keyOf) } : known,
    );
  }, [client, data, growsAtEnd, hasNextPage, keyOf, load, queryKey, refetch]);

  const latest = useRef(refresh);
  useEffect(() => {
    latest.current = refresh;
  }, [refresh]);
  const known = useRef(revision);
  useEffect(() => {
    if (known.current === revision) return;
    known.current = revision;
    // If this fails, the next change tries again.
    latest.current().catch(() => undefined);
  }, [revision]);

  const items = useMemo(() => {
    const seen = new Set<string>();
    const all = data?.pages.flatMap((page) => page.items) ?? [];
    // A video that finishes while the user scrolls moves to the front and would appear twice.
    return all.filter((item) => !seen.has(keyOf(item)) && seen.add(keyOf(item)));
  }, [data, keyOf]);
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const loadPages = useCallback(
    async (count: number) => {
      for (let page = 0; page < count; page += 1) if (!(await fetchNextPage()).hasNextPage) return;
    },
    [fetchNextPage],
  );
  return {
    items,
    isKnown: isShown,
    isMore: hasNextPage,
    isFetchingNextPage,
    loadMore,
    loadPages,
    error: query.error,
    reload: refetch,
  };
}
