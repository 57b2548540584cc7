"use client";

import { clsx } from "clsx";
import { ImageOff, SlidersHorizontal } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { memo, useCallback, useDeferredValue, useEffect, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
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
import { baseName, isTestVideo, nameOf, pageOf } from "../names";
import { useVideos } from "../api/queries";
import { countDetails, DETAIL_FIELDS, type DetailField } from "../filter";
import { setSearchParameters, useSearchParameter, useSearchParameters } from "../use-search-parameter";
import { jobFilterOf, NOTHING, select } from "../selection";
import { FilterPanel } from "./filter-panel";
import { StatePill, VIDEO_STATES, type VideoState } from "./state-pill";
import { TestMark } from "./test-mark";

// Not in the first load: both appear only after a choice of the user.
const JobCards = dynamic(() => import("./job-card").then((found) => found.JobCards), { ssr: false });
const SelectionBar = dynamic(() => import("./selection-bar").then((found) => found.SelectionBar), { ssr: false });

const ROW_PX = 48;
const ROW_NARROW_PX = 60;

export function VideosPage() {
  const [stateText, setState] = useSearchParameter("state");
  const [search, setSearch] = useSearchParameter("q", true);
  const [typed, setTyped] = useState(search);
  // Back and Forward change the address: the field follows.
  const [shown, setShown] = useState(search);
  if (shown !== search) {
    setShown(search);
    if (search !== typed.trim()) setTyped(search);
  }
  const asked = useDeferredValue(search);
  const state = VIDEO_STATES.find((known) => known === stateText) ?? null;
  const details = useSearchParameters(DETAIL_FIELDS);
  const filter = { ...details, state: state ?? "", q: asked };
  const detailCount = countDetails(filter);
  const [isOpen, setOpen] = useState(detailCount > 0);
  const { items, isKnown, isMore, loadMore, error, reload } = useVideos(filter);
  // A page of the api can be empty and still not be the last: a filter reads a thousand videos for each.
  const isSearching = items.length === 0 && isMore;
  useEffect(() => {
    if (isSearching && !error) loadMore();
  }, [isSearching, error, loadMore]);
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
  const change = useCallback((field: DetailField, value: string) => setSearchParameters({ [field]: value }), []);
  const clear = () => setSearchParameters(Object.fromEntries(DETAIL_FIELDS.map((field) => [field, ""])));
  const counts = useLive((live) => live.snapshot?.metrics?.videos ?? null);
  useEffect(() => {
    // Search after a pause in typing: each letter would be a request.
    if (typed.trim() === search) return;
    const rest = setTimeout(() => setSearch(typed.trim()), 250);
    return () => clearTimeout(rest);
  }, [typed, search, setSearch]);

  const options = [
    { value: "", label: text.common.all },
    ...VIDEO_STATES.map((value) => ({ value, label: text.states[value], ...countOf(counts, value) })),
  ];
  const isFiltered = Boolean(state ?? search) || detailCount > 0;
  return (
    <>
      <PageHead
        title={text.list.title}
        actions={
          <>
            <Field
              label={text.list.search}
              isLabelHidden
              type="search"
              placeholder={text.list.searchPlaceholder}
              value={typed}
              className="w-56 max-sm:w-full"
              onChange={(event) => setTyped(event.target.value)}
            />
            <Segments label={text.list.state} value={state ?? ""} onChange={setState} options={options} />
            <Button
              aria-expanded={isOpen}
              icon={<SlidersHorizontal size={16} aria-hidden />}
              onClick={() => setOpen((open) => !open)}
            >
              {text.list.filterButton(detailCount)}
            </Button>
          </>
        }
      />
      <JobCards />
      {selection.keys.size > 0 ? (
        <SelectionBar keys={[...selection.keys]} filter={jobFilterOf(filter)} onClear={() => setSelection(NOTHING)} />
      ) : null}
      {isOpen ? <FilterPanel filter={filter} onChange={change} onClear={clear} /> : null}
      {error && !isKnown ? (
        <Failure title={text.list.failed} detail={asProblem(error).message} onRetry={() => void reload()} />
      ) : !isKnown || (isSearching && !error) ? (
        <ListSkeleton />
      ) : items.length === 0 ? (
        isFiltered ? (
          <Empty
            title={text.list.nothingFoundTitle}
            actions={
              <Button
                onClick={() => {
                  setTyped("");
                  setSearchParameters({ q: "", state: "", ...Object.fromEntries(DETAIL_FIELDS.map((f) => [f, ""])) });
                }}
              >
                {text.list.clear}
              </Button>
            }
          >
            {text.list.nothingFound}
          </Empty>
        ) : (
          <Empty title={text.list.emptyTitle} actions={<UploadButton label={text.uploads.choose} />}>
            {text.list.empty}
          </Empty>
        )
      ) : (
        <div className="rounded-card border border-line bg-panel">
          <ListHead canSelect={isOperator} />
          <VirtualGrid<Video>
            label={text.list.label}
            items={items}
            keyOf={(video) => video.key}
            minTileWidthPx={() => Infinity}
            tileHeightPx={(widthPx) => (widthPx < 640 ? ROW_NARROW_PX : ROW_PX)}
            gapPx={0}
            onNearEnd={loadMore}
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
  const tookS = video.finished_at ? (Date.parse(video.finished_at) - Date.parse(video.queued_at)) / 1000 : null;
  return (
    <div className="flex h-full items-center border-t border-line hover:bg-raised">
      {onSelect ? (
        <input
          type="checkbox"
          aria-label={text.jobs.selectOne(nameOf(video.key))}
          checked={isSelected}
          onChange={(event) => onSelect(video.key, (event.nativeEvent as MouseEvent).shiftKey)}
          className="ml-4 size-4 shrink-0 accent-accent"
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
            <span className="flex min-w-0 items-center gap-2">
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
        <span className="text-right max-sm:hidden">
          {tookS === null ? text.common.none : formatDuration(Math.max(0, tookS))}
        </span>
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
