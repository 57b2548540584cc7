"use client";

import { ArrowLeft, Download, Link2, RotateCw } from "lucide-react";
import Link from "next/link";
import { useSearchParams } from "next/navigation";
import type { ReactNode } from "react";
import { BUTTON_SHAPE, Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { clsx } from "clsx";
import { showToast } from "@/components/ui/toasts";
import { Empty, Failure, Loading, Skeleton } from "@/components/ui/states";
import { Picture } from "@/features/gallery/video-tile";
import { useIsOperator } from "@/features/session/session";
import { PageHead } from "@/features/shell/page-head";
import type { VideoDetails } from "@/lib/api/models";
import { asProblem } from "@/lib/api/problem";
import { formatBytes, formatCount, formatDuration, formatPercent, formatPosition, formatTimecode } from "@/lib/units";
import { escapeInvisible } from "@/lib/escape-invisible";
import { text } from "@/text";
import { baseName, nameOf } from "../names";
import { useRetry, useVideo } from "../api/queries";
import { StatePill } from "./state-pill";
import { TestMark } from "./test-mark";
import { stepsOf } from "../steps";
import { Timeline } from "./timeline";
import { WholeVideo } from "./whole-video";

export function VideoPage() {
  const key = useSearchParams().get("key") ?? "";
  const video = useVideo(key);
  const problem = video.error ? asProblem(video.error) : null;
  return (
    <>
      <Link href="/videos" className="mb-2 inline-flex items-center gap-1.5 text-muted hover:text-ink">
        <ArrowLeft size={15} aria-hidden />
        {text.video.back}
      </Link>
      {video.data ? (
        <Details video={video.data} />
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

function Details({ video }: { video: VideoDetails }) {
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
        actions={<Actions video={video} />}
      />
      {video.reason ? (
        <p
          className={`mb-4 rounded-lg px-4 py-2.5 [overflow-wrap:anywhere] ${video.state === "failed" ? "bg-bad-soft text-bad" : "bg-warn-soft text-warn"}`}
        >
          {video.reason}
        </p>
      ) : null}
      <Thumbnails video={video} />
      <WholeVideo video={video} />
      <div className="mt-4 grid items-start gap-4 lg:grid-cols-[3fr_2fr]">
        <Facts video={video} />
        <Card title={text.video.timeline}>
          <Timeline steps={stepsOf(video)} />
        </Card>
      </div>
    </>
  );
}

function Actions({ video }: { video: VideoDetails }) {
  const isOperator = useIsOperator();
  const retry = useRetry(video.key);
  const copy = () =>
    navigator.clipboard.writeText(window.location.href).then(
      () => showToast({ tone: "good", title: text.common.linkCopied }),
      () => showToast({ tone: "bad", title: text.common.linkNotCopied }),
    );
  return (
    <>
      <Button kind="plain" icon={<Link2 size={16} aria-hidden />} onClick={() => void copy()}>
        {text.common.copyLink}
      </Button>
      <a
        href={video.download_url}
        download={baseName(video.key)}
        target="_blank"
        rel="noreferrer"
        className={`${BUTTON_SHAPE} border-line bg-panel hover:bg-raised`}
      >
        <Download size={16} aria-hidden />
        {text.video.downloadVideo}
      </a>
      {isOperator && video.state === "failed" ? (
        <Button
          kind="primary"
          icon={<RotateCw size={16} aria-hidden />}
          disabled={retry.isPending}
          onClick={() => retry.mutate()}
        >
          {text.video.retry}
        </Button>
      ) : null}
    </>
  );
}

function Thumbnails({ video }: { video: VideoDetails }) {
  if (video.thumbnails.length === 0) {
    return (
      <div className="rounded-card border border-line bg-panel py-6 text-center text-muted">
        {video.state === "processing" ? text.video.noThumbnailsYet : text.video.noThumbnails}
      </div>
    );
  }
  return (
    <ul aria-label={text.video.thumbnails} className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
      {video.thumbnails.map((thumbnail) => {
        const time = formatTimecode(thumbnail.time_s);
        return (
          <li key={thumbnail.key} className="overflow-hidden rounded-card border border-line bg-panel">
            <Picture
              isEager
              url={thumbnail.url}
              alt={text.video.thumbnailAlt(baseName(video.key), thumbnail.position_pct, time)}
            />
            <div className="flex items-center gap-3 py-1.5 pr-2 pl-4">
              <div className="min-w-0 flex-1">
                <p className="font-medium">
                  {formatPosition(thumbnail.position_pct)}{" "}
                  <span className="font-normal text-muted">{text.video.atTime(time)}</span>
                </p>
                <p className="truncate text-xs text-muted">
                  {text.video.pixels(thumbnail.width_px, thumbnail.height_px)} · {formatBytes(thumbnail.size_bytes)}
                </p>
                {thumbnail.note ? <p className="text-xs text-warn">{thumbnail.note}</p> : null}
              </div>
              <a
                href={thumbnail.url}
                download={baseName(thumbnail.key)}
                target="_blank"
                rel="noreferrer"
                aria-label={`${text.video.download}: ${formatPosition(thumbnail.position_pct)}`}
                title={text.video.download}
                className={`${BUTTON_SHAPE} min-w-9 border-transparent px-0 text-muted hover:bg-raised hover:text-ink`}
              >
                <Download size={16} aria-hidden />
              </a>
            </div>
          </li>
        );
      })}
    </ul>
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
