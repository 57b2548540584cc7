"use client";

import { ArrowLeft } from "lucide-react";
import { useSearchParams } from "next/navigation";
import { type ReactNode, startTransition, useEffect, useState } from "react";
import { Card } from "@/components/ui/card";
import { PageLink } from "@/components/ui/page-link";
import { clsx } from "clsx";
import { Empty, Failure, Loading, Skeleton } from "@/components/ui/states";
import { VideoLogs } from "@/features/logs/video-logs";
import { PosterCard } from "@/features/poster/poster-card";
import { PageHead } from "@/features/shell/page-head";
import type { VideoDetails } from "@/lib/api/models";
import { asProblem } from "@/lib/api/problem";
import { formatBytes, formatCount, formatDuration, formatPercent } from "@/lib/units";
import { escapeInvisible } from "@/lib/escape-invisible";
import { useDeferredArrival } from "@/lib/use-deferred-arrival";
import { life } from "@/text/life";
import { text } from "@/text/pages/video";
import { nameOf } from "./names";
import { useKeptPictures } from "./kept-pictures";
import { useVideo } from "./api/queries";
import { Attempts } from "./components/attempts";
import { StatePill } from "./components/state-pill";
import { TestMark } from "./components/test-mark";
import { describeOptions } from "./options";
import { stepsOf } from "./steps";
import { Timeline } from "./components/timeline";
import { Thumbnails } from "./components/thumbnails";
import { VideoActions } from "./components/video-actions";
import { WholeVideo } from "./components/whole-video";

export function VideoPage() {
  const key = useSearchParams().get("key") ?? "";
  const video = useVideo(key);
  const problem = video.error ? asProblem(video.error) : null;
  const shown = useDeferredArrival(video.data);
  // Back shows all at once, so that the browser finds the place of before.
  const [isWhole, setWhole] = useState(shown !== undefined);
  useEffect(() => {
    if (shown) startTransition(() => setWhole(true));
  }, [shown]);
  return (
    <>
      <PageLink href="/videos" className="mb-2 inline-flex items-center gap-1.5 text-muted hover:text-ink">
        <ArrowLeft size={15} aria-hidden />
        {text.video.back}
      </PageLink>
      {shown ? (
        <Details video={shown} isWhole={isWhole} />
      ) : problem?.status === 404 || problem?.status === 422 || !key ? (
        <Empty title={text.video.missingTitle}>{text.video.missing}</Empty>
      ) : problem ? (
        <Failure title={text.video.failed} detail={problem.message} onRetry={() => void video.refetch()} />
      ) : (
        <VideoSkeleton />
      )}
    </>
  );
}

interface DetailsProps {
  video: VideoDetails;
  /** False while the page starts: the pictures come first, and their cards below in the next frame. */
  isWhole: boolean;
}

function Details({ video: loaded, isWhole }: DetailsProps) {
  const video = useKeptPictures(loaded);
  return (
    <>
      <PageHead
        title={nameOf(video.key)}
        note={
          <span className="flex gap-2">
            <StatePill state={video.state} />
            <TestMark videoKey={video.key} />
          </span>
        }
        actions={<VideoActions video={video} />}
      />
      {video.reason ? (
        <p
          className={`mb-4 rounded-lg px-4 py-2.5 [overflow-wrap:anywhere] ${video.state === "failed" ? "bg-bad-soft text-bad" : "bg-warn-soft text-warn"}`}
        >
          {video.reason}
        </p>
      ) : null}
      <Thumbnails video={video} />
      {isWhole ? (
        <>
          <PosterCard video={video} />
          <WholeVideo video={video} />
          <div className="mt-4 grid items-start gap-4 lg:grid-cols-[3fr_2fr]">
            <div>
              <Facts video={video} />
              <Attempts attempts={video.attempts} />
              <VideoLogs video={video} />
            </div>
            <Card title={text.video.timeline}>
              <Timeline steps={stepsOf(video)} />
            </Card>
          </div>
        </>
      ) : null}
    </>
  );
}

function Facts({ video }: { video: VideoDetails }) {
  const none = text.common.none;
  const share = video.size_bytes > 0 ? formatPercent(video.bytes_read / video.size_bytes) : none;
  return (
    <Card title={text.video.details}>
      <dl className="grid gap-x-6 px-4 py-2 sm:grid-cols-2">
        <Fact name={text.video.duration}>{video.duration_s ? formatDuration(video.duration_s) : none}</Fact>
        <Fact name={text.video.size}>{formatBytes(video.size_bytes)}</Fact>
        <Fact name={text.video.resolution}>
          {video.width_px && video.height_px ? text.video.pixels(video.width_px, video.height_px) : none}
        </Fact>
        <Fact name={text.video.codec}>{[video.codec, video.container].filter(Boolean).join(" in ") || none}</Fact>
        <Fact name={text.video.bytesRead}>
          {text.video.bytesReadValue(formatBytes(video.bytes_read), share, video.requests)}
        </Fact>
        <Fact name={text.video.cpu}>{formatDuration(video.cpu_s)}</Fact>
        <Fact name={text.video.attempts}>{formatCount(video.attempt)}</Fact>
        <Fact name={text.video.worker}>{video.worker || none}</Fact>
        {describeOptions(video.options) ? (
          <Fact name={life.options.title} isWide>
            {describeOptions(video.options)}
          </Fact>
        ) : null}
        <Fact name={text.video.key} isWide>
          {escapeInvisible(video.key)}
        </Fact>
      </dl>
    </Card>
  );
}

function Fact({ name, isWide, children }: { name: string; isWide?: boolean; children: ReactNode }) {
  return (
    <div
      className={clsx(
        "flex justify-between gap-4 border-b border-line py-2 last:border-b-0",
        isWide && "sm:col-span-2",
      )}
    >
      <dt className="shrink-0 text-muted">{name}</dt>
      <dd className="text-right [overflow-wrap:anywhere]">{children}</dd>
    </div>
  );
}

function VideoSkeleton() {
  return (
    <Loading label={text.common.loading}>
      <Skeleton className="mb-4 h-10 w-80 max-w-full" />
      <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
        {Array.from({ length: 3 }, (_, index) => (
          <Skeleton key={index} className="aspect-[16/11]" />
        ))}
      </div>
    </Loading>
  );
}
