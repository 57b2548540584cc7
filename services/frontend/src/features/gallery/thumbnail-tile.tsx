"use client";

import { ImageOff } from "lucide-react";
import Link from "next/link";
import { memo, useState } from "react";
import { Name } from "@/components/ui/name";
import { baseName, nameOf, pageOf } from "@/features/videos/names";
import type { Thumbnail } from "@/lib/api/models";
import { formatPosition, formatTimecode } from "@/lib/units";
import { text } from "@/text";

const CAPTION_PX = 44;

/** Return the height of a tile of this width: a 16:9 picture and two lines of text. */
export function tileHeight(widthPx: number): number {
  return (widthPx * 9) / 16 + CAPTION_PX;
}

interface ThumbnailTileProps {
  videoKey: string;
  url: string;
  positionPct: number;
  timeS: number;
  note?: string | null;
}

export function tileProps(thumbnail: Thumbnail): ThumbnailTileProps {
  return {
    videoKey: thumbnail.video_key,
    url: thumbnail.url,
    positionPct: thumbnail.position_pct,
    timeS: thumbnail.time_s,
    note: thumbnail.note ?? null,
  };
}

export const ThumbnailTile = memo(function ThumbnailTile(props: ThumbnailTileProps) {
  const { videoKey, url, positionPct, timeS, note } = props;
  const name = nameOf(videoKey);
  return (
    <Link
      href={pageOf(videoKey)}
      prefetch={false}
      title={note ? `${name}\n${note}` : name}
      className="group flex h-full min-w-0 flex-col overflow-hidden rounded-lg border border-line bg-panel hover:border-line-strong"
    >
      <Picture url={url} alt={text.gallery.alt(name, positionPct)} />
      <span className="flex h-11 min-w-0 flex-col justify-center px-2.5">
        <Name className="text-xs font-medium group-hover:text-accent">{baseName(videoKey)}</Name>
        <span className="truncate text-xs text-muted">
          {formatPosition(positionPct)} · {formatTimecode(timeS)}
        </span>
      </span>
    </Link>
  );
});

/** Picture in a 16:9 frame, whatever its own shape: the layout does not shift when it loads. */
export function Picture({ url, alt, isEager = false }: { url: string; alt: string; isEager?: boolean }) {
  const [broken, setBroken] = useState<string | null>(null);
  return (
    <span className="relative grid aspect-video w-full shrink-0 place-items-center overflow-hidden bg-raised">
      {broken === url ? (
        <span className="flex flex-col items-center gap-1 px-2 text-center text-xs text-muted">
          <ImageOff size={20} aria-hidden />
          {text.gallery.broken}
        </span>
      ) : (
        <img
          src={url}
          alt={alt}
          width={640}
          height={360}
          loading={isEager ? "eager" : "lazy"}
          decoding="async"
          onError={() => setBroken(url)}
          className="absolute inset-0 size-full object-contain"
        />
      )}
    </span>
  );
}
