"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Segments } from "@/components/ui/segments";
import { Empty, Failure, Loading, Skeleton } from "@/components/ui/states";
import { serverNowMs } from "@/features/live/api/store";
import { PageHead } from "@/features/shell/page-head";
import { nameOf } from "@/features/videos/names";
import { setSearchParameters, useSearchParameter, useSearchParameters } from "@/features/videos/use-search-parameter";
import { call, type Schemas } from "@/lib/api/call";
import { asProblem } from "@/lib/api/problem";
import { formatMoment } from "@/lib/units";
import { useDeferredArrival } from "@/lib/use-deferred-arrival";
import { text } from "@/text/pages/logs";
import { choiceOf, DEFAULT_RANGE, LEVELS, type LogFilter, queryOf, RANGES, SERVICES } from "./filter";
import { LogList } from "./log-list";

type LogPage = Schemas["LogPage"];

const LIVE_MS = 4000;
const TYPING_MS = 400;
const NO_SOURCE = 409;

export function LogsPage() {
  const chosen = useSearchParameters(["range", "service", "level", "key", "trace", "live"]);
  const [typed, setTyped] = useSearchParameter("q", true);
  const range = choiceOf(chosen.range, RANGES, DEFAULT_RANGE);
  const isLive = chosen.live !== "off";
  const filter: LogFilter = { ...chosen, range, q: useSettled(typed) };
  const logs = useInfiniteQuery({
    queryKey: ["logs", filter.range, filter.service, filter.level, filter.q, filter.key, filter.trace],
    queryFn: ({ pageParam, signal }) =>
      call("get", "/api/logs", { query: queryOf(filter, serverNowMs(), pageParam), signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_until }) => next_until ?? undefined,
    // A refresh would load all pages again.
    refetchInterval: ({ state }) => (isLive && (state.data?.pages.length ?? 1) === 1 && !state.error ? LIVE_MS : false),
    staleTime: 0,
  });
  const shown = useDeferredArrival(logs.data);
  return (
    <>
      <PageHead
        title={text.logs.title}
        note={logs.error && logs.data ? text.logs.old : text.logs.note}
        actions={
          <Field
            label={text.logs.search}
            isLabelHidden
            type="search"
            placeholder={text.logs.search}
            value={typed}
            className="w-56 max-sm:w-full"
            onChange={(event) => setTyped(event.target.value)}
          />
        }
      />
      <div className="mb-4 flex flex-wrap items-center gap-2">
        <Segments
          label={text.logs.range}
          value={range}
          onChange={(next) => setSearchParameters({ range: next === DEFAULT_RANGE ? "" : next })}
          options={RANGES.map((value) => ({ value, label: text.logs.ranges[value] }))}
        />
        <Segments
          label={text.logs.service}
          value={chosen.service}
          onChange={(service) => setSearchParameters({ service })}
          options={[
            { value: "", label: text.common.all },
            ...SERVICES.map((value) => ({ value, label: text.logs.services[value] })),
          ]}
        />
        <Segments
          label={text.logs.level}
          value={chosen.level}
          onChange={(level) => setSearchParameters({ level })}
          options={[
            { value: "", label: text.common.all },
            ...LEVELS.map((value) => ({ value, label: text.logs.levels[value] })),
          ]}
        />
        <label className="flex min-h-9 items-center gap-2 px-1">
          <input
            type="checkbox"
            checked={isLive}
            onChange={(event) => setSearchParameters({ live: event.target.checked ? "" : "off" })}
            className="size-4 accent-accent"
          />
          {text.logs.live}
        </label>
        {chosen.key || chosen.trace ? (
          <Button onClick={() => setSearchParameters({ key: "", trace: "" })} title={text.logs.allLines}>
            {chosen.key ? text.logs.onlyVideo(nameOf(chosen.key)) : text.logs.onlyUpload(chosen.trace.slice(0, 8))} ×
          </Button>
        ) : null}
      </div>
      {logs.error && !logs.data ? (
        asProblem(logs.error).status === NO_SOURCE ? (
          <Empty title={text.logs.none}>{asProblem(logs.error).message}</Empty>
        ) : (
          <Failure
            title={text.logs.loadFailed}
            detail={asProblem(logs.error).message}
            onRetry={() => void logs.refetch()}
          />
        )
      ) : !shown ? (
        <Loading label={text.logs.loading}>
          <Skeleton className="h-[70vh]" />
        </Loading>
      ) : (
        <Lines pages={shown.pages} isLoading={logs.isFetchingNextPage} onOlder={() => void logs.fetchNextPage()} />
      )}
    </>
  );
}

interface LinesProps {
  pages: readonly LogPage[];
  isLoading: boolean;
  onOlder: () => void;
}

function Lines({ pages, isLoading, onOlder }: LinesProps) {
  const lines = pages.flatMap(({ items }) => items);
  const last = pages.at(-1);
  const nowMs = serverNowMs();
  if (!last) return null;
  const moment = formatMoment(new Date(last.read_since), new Date(nowMs));
  return (
    <div className="min-h-[70vh] rounded-card border border-line bg-panel">
      {lines.length > 0 ? (
        <LogList label={text.logs.title} lines={lines} nowMs={nowMs} />
      ) : last.next_until ? null : (
        <Empty title={text.logs.empty}>{text.logs.emptyNote}</Empty>
      )}
      <div className="flex flex-wrap items-center gap-3 border-t border-line px-4 py-3 text-muted">
        <p role="status">
          {!last.next_until ? text.logs.whole : last.is_full ? text.logs.full(moment) : text.logs.early(moment)}
        </p>
        {last.next_until ? (
          <Button disabled={isLoading} onClick={onOlder}>
            {isLoading ? text.logs.loading : text.logs.older}
          </Button>
        ) : null}
      </div>
    </div>
  );
}

/** Return a typed text when the user has paused: each request searches the logs. */
function useSettled(typed: string): string {
  const [settled, setSettled] = useState(typed);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(typed), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return settled;
}
