"use client";

import dynamic from "next/dynamic";
import { useDeferredValue, useMemo, useState } from "react";
import { Segments } from "@/components/ui/segments";
import { Failure, Loading, Skeleton } from "@/components/ui/states";
import { VirtualGrid } from "@/components/ui/virtual-grid";
import { LightboxHost, useShownKey } from "@/features/lightbox/components/lightbox-host";
import { useConfig } from "@/features/session/session";
import { PageHead } from "@/features/shell/page-head";
import {
  FilterPanel,
  ListControls,
  NothingFound,
  PartialOrder,
  SearchField,
} from "@/features/videos/components/filter-bar";
import { useSearchParameter } from "@/features/videos/use-search-parameter";
import { useVideoFilter, useVideoList } from "@/features/videos/use-video-list";
import { asProblem } from "@/lib/api/problem";
import { text } from "@/text";
import { picturesOf, type VideoPictures } from "./groups";
import { tileHeight, VideoTile } from "./video-tile";

// Not in the first load, which is near its limit.
const EmptyGallery = dynamic(() => import("./empty-gallery").then((found) => found.EmptyGallery), { ssr: false });

/** Two columns on a phone. */
const minTileWidth = (widthPx: number) => (widthPx < 640 ? 150 : 200);

/** Shown until the pipeline's own are known: buttons that come later would move the pictures on a phone. */
const USUAL_POSITIONS_PCT = [10, 50, 95];

export function GalleryPage() {
  const config = useConfig();
  const [position, setPosition] = useSearchParameter("position");
  const { filter: given, sort, setSort, setDetail, detailCount, clearDetails, isFiltered, clear } = useVideoFilter();
  // The gallery has all videos with thumbnails, whatever the state.
  const filter = { ...given, state: "", q: useDeferredValue(given.q) };
  const [isOpen, setOpen] = useState(detailCount > 0);
  const list = useVideoList(filter, sort, true);
  const { items, isKnown, isMore, isSearching, isPartial, error } = list;
  const videos = useMemo(() => picturesOf(items, position ? Number(position) : null), [items, position]);
  const shownKey = useShownKey();
  const options = [
    { value: "", label: text.common.all },
    ...(config?.positions_pct ?? USUAL_POSITIONS_PCT).map((pct) => ({
      value: String(pct),
      label: text.gallery.positionLabel(pct),
    })),
  ];
  return (
    <>
      <PageHead
        title={text.gallery.title}
        note={videos.length > 0 ? text.gallery.shown(videos.length, isMore) : null}
        actions={
          <>
            <SearchField />
            <Segments label={text.gallery.position} value={position} onChange={setPosition} options={options} />
            <ListControls
              sort={sort}
              onSort={setSort}
              detailCount={detailCount}
              isOpen={isOpen}
              onToggle={() => setOpen((open) => !open)}
            />
          </>
        }
      />
      {isOpen ? <FilterPanel filter={filter} onChange={setDetail} onClear={clearDetails} /> : null}
      {isPartial && videos.length > 0 ? (
        <PartialOrder
          sort={sort}
          count={items.length}
          isLoading={list.isFetchingNextPage}
          onLoad={(pages) => void list.loadPages(pages)}
        />
      ) : null}
      {error && !isKnown ? (
        <Failure title={text.gallery.failed} detail={asProblem(error).message} onRetry={() => void list.reload()} />
      ) : !isKnown || isSearching ? (
        <GallerySkeleton />
      ) : videos.length === 0 ? (
        isFiltered ? (
          <NothingFound onClear={clear} />
        ) : (
          <EmptyGallery />
        )
      ) : (
        <VirtualGrid<VideoPictures>
          label={text.gallery.label(text.list.sorts[sort])}
          items={videos}
          keyOf={({ key }) => key}
          minTileWidthPx={minTileWidth}
          tileHeightPx={tileHeight}
          {...(isPartial ? {} : { onNearEnd: list.loadMore })}
          shownKey={shownKey}
          render={({ pictures }) => <VideoTile pictures={pictures} />}
        />
      )}
      <LightboxHost videos={videos} isMore={isMore} />
    </>
  );
}

function GallerySkeleton() {
  return (
    <Loading label={text.common.loading}>
      <div className="grid grid-cols-[repeat(auto-fill,minmax(150px,1fr))] gap-3 sm:grid-cols-[repeat(auto-fill,minmax(200px,1fr))]">
        {Array.from({ length: 12 }, (_, index) => (
          <Skeleton key={index} className="aspect-[200/157] rounded-lg" />
        ))}
      </div>
    </Loading>
  );
}
