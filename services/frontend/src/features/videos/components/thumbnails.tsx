"use client";

import { Code, Download, Link2 } from "lucide-react";
import { BUTTON_SHAPE, IconButton } from "@/components/ui/button";
import { copyText } from "@/lib/copy";
import { Picture } from "@/features/gallery/video-tile";
import { openLightbox } from "@/features/lightbox/address";
import { LightboxHost } from "@/features/lightbox/components/lightbox-host";
import type { Thumbnail, VideoDetails } from "@/lib/api/models";
import { formatBytes, formatPosition, formatTimecode } from "@/lib/units";
import { text } from "@/text/pages/video";
import { imageElement, stableUrl } from "../embedding";
import { baseName } from "../names";

/** The thumbnails of a video, each with its time, its size and what applications need of it. */
export function Thumbnails({ video }: { video: VideoDetails }) {
  if (video.thumbnails.length === 0) {
    return (
      <div className="rounded-card border border-line bg-panel py-6 text-center text-muted">
        {video.state === "processing" ? text.video.noThumbnailsYet : text.video.noThumbnails}
      </div>
    );
  }
  return (
    <>
      <ul aria-label={text.video.thumbnails} className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
        {video.thumbnails.map((thumbnail) => (
          <li key={thumbnail.key} className="overflow-hidden rounded-card border border-line bg-panel">
            <Card thumbnail={thumbnail} name={baseName(video.key)} />
          </li>
        ))}
      </ul>
      <LightboxHost videos={[{ key: video.key, pictures: video.thumbnails }]} />
    </>
  );
}

function Card({ thumbnail, name }: { thumbnail: Thumbnail; name: string }) {
  const { position_pct: positionPct, width_px: width, height_px: height, note } = thumbnail;
  const time = formatTimecode(thumbnail.time_s);
  const position = formatPosition(positionPct);
  return (
    <>
      <button
        type="button"
        title={text.gallery.open(positionPct)}
        className="block w-full focus-visible:-outline-offset-2"
        onClick={() => openLightbox(thumbnail.video_key, thumbnail.time_s)}
      >
        <Picture
          isEager
          url={thumbnail.url}
          alt={text.video.thumbnailAlt(name, positionPct, time)}
          thumbhash={thumbnail.thumbhash}
        />
      </button>
      <div className="flex items-center gap-1 py-1.5 pr-2 pl-4">
        <div className="min-w-0 flex-1">
          <p className="font-medium">
            {position} <span className="font-normal text-muted">{text.video.atTime(time)}</span>
          </p>
          <p className="truncate text-xs text-muted">
            {text.video.pixels(width, height)} · {formatBytes(thumbnail.size_bytes)}
          </p>
          {note ? <p className="text-xs text-warn">{note}</p> : null}
        </div>
        <IconButton
          label={`${text.video.copyUrl}: ${position}`}
          icon={<Link2 size={16} aria-hidden />}
          onClick={() => void copyText(stableUrl(thumbnail, window.location.origin), text.video.url)}
        />
        <IconButton
          label={`${text.video.copyImage}: ${position}`}
          icon={<Code size={16} aria-hidden />}
          onClick={() => void copyText(imageElement(thumbnail, window.location.origin), text.video.image)}
        />
        <a
          href={thumbnail.url}
          download={baseName(thumbnail.key)}
          target="_blank"
          rel="noreferrer"
          aria-label={`${text.video.download}: ${position}`}
          title={text.video.download}
          className={`${BUTTON_SHAPE} min-w-9 border-transparent px-0 text-muted hover:bg-raised hover:text-ink`}
        >
          <Download size={16} aria-hidden />
        </a>
      </div>
    </>
  );
}
