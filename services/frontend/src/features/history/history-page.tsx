"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import { FigureTile } from "@/components/ui/figure-tile";
import { Segments } from "@/components/ui/segments";
import { Empty, Failure, Loading, Skeleton } from "@/components/ui/states";
import { PageHead } from "@/features/shell/page-head";
import { useSearchParameter } from "@/features/videos/use-search-parameter";
import { call } from "@/lib/api/call";
import { asProblem } from "@/lib/api/problem";
import { formatCount, formatDuration } from "@/lib/units";
import { useDeferredArrival } from "@/lib/use-deferred-arrival";
import { text } from "@/text/pages/history";
import { CostCard } from "./cost-card";
import {
  countBusiest,
  countEnded,
  countGood,
  DEFAULT_RANGE,
  formatSuccess,
  type History,
  RANGES,
  type RangeName,
  rangeOf,
} from "./figures";
import { ReasonsCard, ThroughputCard, TimesCard } from "./history-charts";

const REFRESH_MS = 15_000;

export function HistoryPage() {
  const [value, setValue] = useSearchParameter("range");
  const range = rangeOf(value);
  const history = useQuery({
    queryKey: ["history", range],
    queryFn: ({ signal }) => call("get", "/api/history", { query: { range }, signal }),
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
  const shown = useDeferredArrival(history.data);
  return (
    <>
      <PageHead
        title={text.history.title}
        note={history.error && history.data ? text.history.old : text.history.note}
        actions={
          <Segments
            label={text.history.range}
            value={range}
            onChange={(next: RangeName) => setValue(next === DEFAULT_RANGE ? "" : next)}
            options={RANGES.map((name) => ({ value: name, label: text.history.ranges[name] }))}
          />
        }
      />
      {history.error && !history.data ? (
        <Failure
          title={text.history.loadFailed}
          detail={asProblem(history.error).message}
          onRetry={() => void history.refetch()}
        />
      ) : (
        <div className={clsx("flex flex-col gap-4", history.isPlaceholderData && "opacity-60")}>
          <Headline history={shown ?? null} />
          {shown ? <Charts history={shown} /> : <Placeholder />}
          <CostCard />
        </div>
      )}
    </>
  );
}

function Headline({ history }: { history: History | null }) {
  const labels = text.history;
  const total = history?.total;
  const time = (name: "queue" | "thumbnails") => {
    const times = total?.[name];
    return {
      value: !times ? null : times.p50_s === null ? text.common.none : formatDuration(times.p50_s),
      note: times && times.p95_s !== null ? labels.within(formatDuration(times.p95_s)) : null,
    };
  };
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-card border border-line bg-line xl:grid-cols-4">
      <FigureTile
        label={labels.success}
        value={!total ? null : total.success_rate === null ? text.common.none : formatSuccess(total.success_rate)}
        note={total ? labels.ofVideos(countGood(total), countEnded(total)) : null}
      />
      <FigureTile
        label={labels.throughput}
        value={total ? formatCount(countEnded(total)) : null}
        unit={labels.unit(total ? countEnded(total) : 0)}
        note={history ? labels.busiest(countBusiest(history.points), history.step_s) : null}
      />
      <FigureTile label={labels.times.queue} {...time("queue")} />
      <FigureTile label={labels.times.thumbnails} {...time("thumbnails")} />
    </dl>
  );
}

const GRID = "grid min-h-[41rem] content-start gap-4 max-lg:min-h-[84rem] lg:grid-cols-2";

function Charts({ history }: { history: History }) {
  if (countEnded(history.total) === 0) {
    return (
      <div className={GRID}>
        <div className="rounded-card border border-line bg-panel lg:col-span-2">
          <Empty title={text.history.emptyTitle(text.history.last[history.range])}>{text.history.empty}</Empty>
        </div>
      </div>
    );
  }
  return (
    <div className={GRID}>
      <ThroughputCard history={history} />
      <ReasonsCard history={history} />
      <TimesCard history={history} name="queue" />
      <TimesCard history={history} name="thumbnails" />
    </div>
  );
}

function Placeholder() {
  return (
    <Loading label={text.common.loading}>
      <div className={GRID}>
        {["throughput", "reasons", "queue", "thumbnails"].map((name) => (
          <Skeleton key={name} className="h-79" />
        ))}
      </div>
    </Loading>
  );
}
