"use client";

import { useCallback, useEffect, useMemo } from "react";
import { useVideos } from "./api/queries";
import { DETAIL_FIELDS, countDetails, type DetailField, type VideoFilter } from "./filter";
import { isOrderOfApi, type Sort, sortOf, sortVideos } from "./sort";
import { setSearchParameters, useSearchParameters } from "./use-search-parameter";

const NONE = Object.fromEntries(["q", "state", ...DETAIL_FIELDS].map((field) => [field, ""]));

/** Return filter and order of the address, and how to change them. */
export function useVideoFilter() {
  const { sort, ...filter } = useSearchParameters(["state", "q", "sort", ...DETAIL_FIELDS]);
  const setDetail = useCallback((field: DetailField, value: string) => setSearchParameters({ [field]: value }), []);
  const setSort = useCallback((next: Sort) => setSearchParameters({ sort: next === "newest" ? "" : next }), []);
  const detailCount = countDetails(filter);
  return {
    filter: filter satisfies VideoFilter,
    sort: sortOf(sort),
    setDetail,
    setSort,
    detailCount,
    isFiltered: detailCount > 0 || filter.q !== "" || filter.state !== "",
    clearDetails: () => setSearchParameters(Object.fromEntries(DETAIL_FIELDS.map((field) => [field, ""]))),
    clear: () => setSearchParameters(NONE),
  };
}

/** Load the videos of a filter in an order. `isPartial` says that the order is that of the loaded videos only. */
export function useVideoList(filter: VideoFilter, sort: Sort, withThumbnails = false) {
  const list = useVideos(filter, { order: isOrderOfApi(sort) ? sort : "newest", withThumbnails });
  const { isMore, loadMore, error } = list;
  // A page of the api can be empty and still not be the last: a filter reads a thousand videos for each.
  const isSearching = list.items.length === 0 && isMore && !error;
  useEffect(() => {
    if (isSearching) loadMore();
  }, [isSearching, loadMore]);
  const items = useMemo(() => sortVideos(list.items, sort), [list.items, sort]);
  return { ...list, items, isSearching, isPartial: isMore && !isOrderOfApi(sort) };
}
