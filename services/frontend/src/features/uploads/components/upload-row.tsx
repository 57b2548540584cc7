"use client";

import { RotateCw, X } from "lucide-react";
import Link from "next/link";
import { memo } from "react";
import { IconButton } from "@/components/ui/button";
import { Dot, Pill, type Tone } from "@/components/ui/pill";
import { Name } from "@/components/ui/name";
import { Progress } from "@/components/ui/progress";
import { pageOf } from "@/features/videos/names";
import { retryNow } from "@/lib/retry";
import { formatBytes, formatPosition, formatRate } from "@/lib/units";
import { escapeInvisible } from "@/lib/escape-invisible";
import { text } from "@/text";
import { cancel, hasEnded, isOpen, remove, retry, type Upload, type UploadState } from "../store";

const TONES: Record<UploadState, Tone> = {
  waiting: "calm",
  sending: "active",
  queued: "calm",
  processing: "active",
  done: "good",
  degraded: "warn",
  failed: "bad",
  deleted: "calm",
  dismissed: "calm",
  refused: "bad",
  broken: "bad",
  cancelled: "calm",
};

/** One upload, from its first byte to its thumbnails. */
export const UploadRow = memo(function UploadRow({ upload }: { upload: Upload }) {
  const { id, file, state, sentBytes, speed, key, delay, reason } = upload;
  const name = escapeInvisible(file.name);
  return (
    <li className="flex flex-col gap-1.5 border-t border-line px-4 py-2.5 first:border-t-0" data-upload={state}>
      <div className="flex items-center gap-2">
        <div className="min-w-0 flex-1 font-medium" title={name}>
          {key && !isOpen(upload) ? (
            <Link href={pageOf(key)} prefetch={false} className="hover:text-accent hover:underline">
              <Name>{name}</Name>
            </Link>
          ) : (
            <Name>{name}</Name>
          )}
        </div>
        <Pill tone={TONES[state]}>
          <Dot />
          {text.uploads.states[state]}
        </Pill>
        <div className="-my-1 flex shrink-0">
          {state === "broken" || state === "cancelled" ? (
            <IconButton
              label={text.uploads.retry(name)}
              icon={<RotateCw size={15} aria-hidden />}
              onClick={() => retry(id)}
            />
          ) : null}
          {delay ? (
            <IconButton
              label={text.uploads.retryNow(name)}
              icon={<RotateCw size={15} aria-hidden />}
              onClick={retryNow}
            />
          ) : null}
          {isOpen(upload) ? (
            <IconButton
              label={text.uploads.cancel(name)}
              icon={<X size={16} aria-hidden />}
              onClick={() => cancel(id)}
            />
          ) : hasEnded(upload) ? (
            <IconButton
              label={text.uploads.remove(name)}
              icon={<X size={16} aria-hidden />}
              onClick={() => remove(id)}
            />
          ) : null}
        </div>
      </div>
      {state === "sending" || state === "waiting" ? (
        <>
          <Progress label={text.uploads.progressLabel(name)} share={file.size ? sentBytes / file.size : 0} />
          <p className="text-xs text-muted">
            {text.uploads.progress(formatBytes(sentBytes), formatBytes(file.size), speed > 0 ? formatRate(speed) : "")}
          </p>
        </>
      ) : null}
      {delay ? (
        <p role="status" className="text-xs text-warn">
          {delay}
        </p>
      ) : null}
      {reason ? <p className="text-xs text-bad [overflow-wrap:anywhere]">{reason}</p> : null}
      <Thumbnails upload={upload} />
    </li>
  );
});

function Thumbnails({ upload: { video, file, sentMs } }: { upload: Upload }) {
  if (!video || video.thumbnails.length === 0) return null;
  const tookS =
    sentMs && video.finished_at ? (Date.parse(video.finished_at) - Date.parse(video.queued_at)) / 1000 : null;
  return (
    <>
      <div className="flex gap-1.5">
        {video.thumbnails.map((thumbnail) => (
          <span key={thumbnail.key} className="aspect-video w-24 overflow-hidden rounded bg-raised">
            <img
              src={thumbnail.url}
              alt={text.gallery.alt(escapeInvisible(file.name), thumbnail.position_pct)}
              title={formatPosition(thumbnail.position_pct)}
              width={96}
              height={54}
              className="size-full object-contain"
            />
          </span>
        ))}
      </div>
      {tookS !== null ? <p className="text-xs text-muted">{text.uploads.took(Math.max(0, tookS))}</p> : null}
    </>
  );
}
