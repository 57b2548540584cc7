"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { BUTTON_SHAPE } from "@/components/ui/button";
import { Failure } from "@/components/ui/states";
import { serverNowMs } from "@/features/live/api/store";
import { call } from "@/lib/api/call";
import type { VideoDetails } from "@/lib/api/models";
import { asProblem } from "@/lib/api/problem";
import { formatMoment } from "@/lib/units";
import { text } from "@/text/pages/logs";
import { LogList } from "./log-list";

const MARGIN_MS = 10 * 60_000;
const LIMIT = 200;

/** Lines about an upload, from a while before it until a while after its last change. */
export function VideoLogLines({ video }: { video: VideoDetails }) {
  const { trace_id, uploaded_at, updated_at } = video;
  const logs = useQuery({
    queryKey: ["logs of video", trace_id, updated_at],
    queryFn: ({ signal }) =>
      call("get", "/api/logs", {
        query: {
          trace_id,
          since: new Date(Date.parse(uploaded_at) - MARGIN_MS).toISOString(),
          until: new Date(Math.min(serverNowMs(), Date.parse(updated_at) + MARGIN_MS)).toISOString(),
          limit: LIMIT,
        },
        signal,
      }),
  });
  if (logs.error && !logs.data) {
    return (
      <Failure
        title={text.logs.loadFailed}
        detail={asProblem(logs.error).message}
        onRetry={() => void logs.refetch()}
      />
    );
  }
  if (!logs.data) return <p className="px-4 py-3 text-muted">{text.logs.loading}</p>;
  const { items, next_until, read_since, is_full } = logs.data;
  const nowMs = serverNowMs();
  const moment = formatMoment(new Date(read_since), new Date(nowMs));
  return (
    <>
      <LogList label={text.logs.ofVideo} lines={items} nowMs={nowMs} hasVideo={false} />
      <div className="flex flex-wrap items-center gap-3 border-t border-line px-4 py-3 text-muted first:border-t-0">
        {next_until ? (
          <p>{is_full ? text.logs.full(moment) : text.logs.early(moment)}</p>
        ) : items.length === 0 ? (
          <p>{text.logs.noVideoLines}</p>
        ) : null}
        <Link href={`/logs?trace=${trace_id}&range=7d`} className={`${BUTTON_SHAPE} border-line bg-panel text-ink`}>
          {text.logs.openPage}
        </Link>
      </div>
    </>
  );
}
