"use client";

import { clsx } from "clsx";
import { ImageOff } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { memo, useCallback, useDeferredValue, useEffect, useRef, useState } from "react";
import { Name } from "@/components/ui/name";
import { Segments } from "@/components/ui/segments";
import { Empty, Failure, Loading, Skeleton } from "@/components/ui/states";
import { VirtualGrid } from "@/components/ui/virtual-grid";
import { useLive } from "@/features/live/api/store";
import { useIsOperator } from "@/features/session/session";
import { PageHead } from "@/features/shell/page-head";
import { UploadButton } from "@/features/uploads/components/upload-button";
import type { Video } from "@/lib/api/models";
import { asProblem } from "@/lib/api/problem";
import { formatBytes, formatCount, formatDuration, formatMoment } from "@/lib/units";
import { text } from "@/text";
import { baseName, isTestVideo, nameOf, pageOf } from "./names";
import { jobFilterOf, NOTHING, select } from "./selection";
import { tookS } from "./sort";
import { setSearchParameters } from "./use-search-parameter";
import { useVideoFilter, useVideoList } from "./use-video-list";
import { FilterPanel, ListControls, NothingFound, PartialOrder, SearchField } from "./components/filter-bar";
import { StatePill, VIDEO_STATES, type VideoState } from "./components/state-pill";
import { TestMark } from "./components/test-mark";

// Not in the first load: both appear only after a choice of the user.
const JobCards = dynamic(() => import("./components/job-card").then((found) => found.JobCards), { ssr: false });
const SelectionBar = dynamic(() => import("./components/selection-bar").then((found) => found.SelectionBar), {
  ssr: false,
});

const ROW_PX = 48;
const ROW_NARROW_PX = 60;

export function VideosPage() {
  const { filter: given, sort, setSort, setDetail, detailCount, clearDetails, isFiltered, clear } = useVideoFilter();
  const state = VIDEO_STATES.find((known) => known === given.state) ?? "";
  const filter = { ...given, state, q: useDeferredValue(given.q) };
  const [isOpen, setOpen] = useState(detailCount > 0);
  const list = useVideoList(filter, sort);
  const { items, isKnown, isSearching, isPartial, error } = list;
  const isOperator = useIsOperator();
  const [selection, setSelection] = useState(NOTHING);
  const listed = useRef<readonly string[]>([]);
  useEffect(() => {
    listed.current = items.map(({ key }) => key);
  }, [items]);
  const onSelect = useCallback(
    (key: string, isRange: boolean) => setSelection((before) => select(before, listed.current, key, isRange)),
    [setSelection],
  );
  const counts = useLive((live) => live.snapshot?.metrics?.videos ?? null);

  const options = [
    { value: "", label: text.common.all },
    ...VIDEO_STATES.map((value) => ({ value, label: text.states[value], ...countOf(counts, value) })),
  ];
  return (
    <>
      <PageHead
        title={text.list.title}
        actions={
          <>
            <SearchField />
            <Segments
              label={text.list.state}
              value={state}
              onChange={(next) => setSearchParameters({ state: next })}
              options={options}
            />
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
      <JobCards />
      {selection.keys.size > 0 ? (
        <SelectionBar keys={[...selection.keys]} filter={jobFilterOf(filter)} onClear={() => setSelection(NOTHING)} />
      ) : null}
      {isOpen ? <FilterPanel filter={filter} onChange={setDetail} onClear={clearDetails} /> : null}
      {isPartial && items.length > 0 ? (
        <PartialOrder
          sort={sort}
          count={items.length}
          isLoading={list.isFetchingNextPage}
          onLoad={(pages) => void list.loadPages(pages)}
        />
      ) : null}
      {error && !isKnown ? (
        <Failure title={text.list.failed} detail={asProblem(error).message} onRetry={() => void list.reload()} />
      ) : !isKnown || isSearching ? (
        <ListSkeleton />
      ) : items.length === 0 ? (
        isFiltered ? (
          <NothingFound onClear={clear} />
        ) : (
          <Empty title={text.list.emptyTitle} actions={<UploadButton label={text.uploads.choose} />}>
            {text.list.empty}
          </Empty>
        )
      ) : (
        <div className="rounded-card border border-line bg-panel">
          <ListHead canSelect={isOperator} />
          <VirtualGrid<Video>
            label={text.list.label(text.list.sorts[sort])}
            items={items}
            keyOf={(video) => video.key}
            minTileWidthPx={() => Infinity}
            tileHeightPx={(widthPx) => (widthPx < 640 ? ROW_NARROW_PX : ROW_PX)}
            gapPx={0}
            {...(isPartial ? {} : { onNearEnd: list.loadMore })}
            render={(video) => (
              <VideoRow
                video={video}
                isSelected={selection.keys.has(video.key)}
                onSelect={isOperator ? onSelect : null}
              />
            )}
          />
        </div>
      )}
    </>
  );
}

function countOf(counts: Readonly<Record<string, number>> | null, state: VideoState): { count?: string } {
  const count = counts?.[state];
  return count === undefined ? {} : { count: formatCount(count) };
}

const COLUMNS = "grid grid-cols-[1fr_auto] sm:grid-cols-[1fr_7rem_6rem_6rem_6rem_9rem] items-center gap-x-4 px-4";

function ListHead({ canSelect }: { canSelect: boolean }) {
  const right = "text-right max-sm:hidden";
  return (
    <div aria-hidden className={clsx(COLUMNS, "h-9 text-xs text-muted", canSelect && "ml-8")}>
      <span>{text.list.video}</span>
      <span className="max-sm:hidden">{text.list.state}</span>
      <span className={right}>{text.list.size}</span>
      <span className={right}>{text.list.duration}</span>
      <span className={right}>{text.list.took}</span>
      <span className="text-right">{text.list.when}</span>
    </div>
  );
}

interface VideoRowProps {
  video: Video;
  isSelected: boolean;
  /** Null for viewers. */
  onSelect: ((key: string, isRange: boolean) => void) | null;
}

const VideoRow = memo(function VideoRow({ video, isSelected, onSelect }: VideoRowProps) {
  const took = tookS(video);
  return (
    <div className="flex h-full items-center border-t border-line hover:bg-raised">
      {onSelect ? (
        <input
          type="checkbox"
          aria-label={text.jobs.selectOne(nameOf(video.key))}
          checked={isSelected}
          onChange={(event) => onSelect(video.key, (event.nativeEvent as MouseEvent).shiftKey)}
          // 12 px from its middle to the link, for fingers.
          className="mr-1.5 ml-2.5 size-4 shrink-0 accent-accent"
        />
      ) : null}
      <Link
        href={pageOf(video.key)}
        prefetch={false}
        className={`${COLUMNS} h-full min-w-0 flex-1 focus-visible:-outline-offset-2`}
      >
        <span className="flex min-w-0 items-center gap-3">
          <Preview video={video} />
          <span className="min-w-0">
            {/* On a phone, the name needs the whole width. */}
            <span className="flex min-w-0 items-center gap-x-2 max-sm:flex-col max-sm:items-start max-sm:*:max-w-full">
              <Name className="font-medium">{isTestVideo(video.key) ? baseName(video.key) : nameOf(video.key)}</Name>
              <TestMark videoKey={video.key} />
            </span>
            {video.reason ? <span className="block truncate text-xs text-muted">{video.reason}</span> : null}
          </span>
        </span>
        <span className="max-sm:order-last max-sm:hidden">
          <StatePill state={video.state} />
        </span>
        <span className="text-right max-sm:hidden">{formatBytes(video.size_bytes)}</span>
        <span className="text-right max-sm:hidden">
          {video.duration_s ? formatDuration(video.duration_s) : text.common.none}
        </span>
        <span className="text-right max-sm:hidden">{took === null ? text.common.none : formatDuration(took)}</span>
        <span className="flex flex-col items-end gap-0.5 text-right text-muted">
          {formatMoment(new Date(video.finished_at ?? video.started_at), new Date())}
          <span className="sm:hidden">
            <StatePill state={video.state} />
          </span>
        </span>
      </Link>
    </div>
  );
});

/** The middle thumbnail, next to the name. */
function Preview({ video: { thumbnails, state } }: { video: Video }) {
  const [broken, setBroken] = useState<string | null>(null);
  const url = thumbnails[Math.floor(thumbnails.length / 2)]?.url ?? null;
  return (
    <span className="relative grid h-9 w-16 shrink-0 place-items-center overflow-hidden rounded bg-raised text-muted">
      {url !== null && url !== broken ? (
        <img
          src={url}
          alt=""
          width={64}
          height={36}
          loading="lazy"
          decoding="async"
          onError={() => setBroken(url)}
          className="absolute inset-0 size-full object-contain"
        />
      ) : state === "processing" ? null : (
        <ImageOff size={14} aria-hidden />
      )}
    </span>
  );
}

function ListSkeleton() {
  return (
    <Loading label={text.common.loading}>
      <div className="flex flex-col gap-2">
        {Array.from({ length: 10 }, (_, index) => (
          <Skeleton key={index} className="h-10" />
        ))}
      </div>
    </Loading>
  );
}
