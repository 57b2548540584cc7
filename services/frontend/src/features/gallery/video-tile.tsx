"use client";

import { clsx } from "clsx";
import { ImageOff } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { type KeyboardEvent, memo, type MouseEvent, type PointerEvent, useRef, useState } from "react";
import { Name } from "@/components/ui/name";
import { openLightbox } from "@/features/lightbox/address";
import { baseName, nameOf, pageOf } from "@/features/videos/names";
import type { Thumbnail } from "@/lib/api/models";
import { formatPosition, formatTimecode } from "@/lib/units";
import { text } from "@/text";
import { usePlaceholder } from "./placeholder";

const HoverPreview = dynamic(
  () => import("@/features/lightbox/components/hover-preview").then((found) => found.HoverPreview),
  {
    ssr: false,
  },
);

const CAPTION_PX = 44;

/** Return the height of a tile of this width: a 16:9 picture and two lines of text. */
export function tileHeight(widthPx: number): number {
  return (widthPx * 9) / 16 + CAPTION_PX;
}

interface VideoTileProps {
  /** Thumbnails of one video, at least one, in the order of their positions. */
  pictures: readonly Thumbnail[];
}

/** One video: its middle thumbnail. The pointer moves through its storyboard, or through the other thumbnails, as the
 * arrow keys do. A click opens the lightbox; in another tab, the link opens the video's page.
 */
export const VideoTile = memo(function VideoTile({ pictures }: VideoTileProps) {
  const [chosen, setChosen] = useState<number | null>(null);
  const [share, setShare] = useState<number | null>(null);
  const shownTimeS = useRef<number | null>(null);
  const middle = Math.floor(pictures.length / 2);
  const at = Math.min(chosen ?? middle, pictures.length - 1);
  const { video_key: key, url, position_pct: positionPct, time_s: timeS, note, thumbhash } = pictures[at]!;
  const name = nameOf(key);

  function onPointerMove({ clientX, currentTarget, pointerType }: PointerEvent) {
    const { left, width } = currentTarget.getBoundingClientRect();
    if (width === 0 || pointerType === "touch") return;
    setShare((clientX - left) / width);
    setChosen(pictureAt((clientX - left) / width, pictures.length));
  }

  function leave() {
    setShare(null);
    setChosen(null);
  }

  function onClick(event: MouseEvent) {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    openLightbox(key, shownTimeS.current ?? (at === middle ? null : timeS));
  }

  function onKeyDown(event: KeyboardEvent) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || pictures.length === 1) return;
    event.preventDefault();
    setChosen((at + step + pictures.length) % pictures.length);
  }

  return (
    <Link
      href={pageOf(key)}
      prefetch={false}
      data-video={key}
      onClick={onClick}
      title={note ? `${name}\n${note}` : name}
      onPointerEnter={({ pointerType }) => pointerType !== "touch" && preload(pictures)}
      onPointerMove={onPointerMove}
      onPointerLeave={leave}
      onFocus={() => preload(pictures)}
      onBlur={() => setChosen(null)}
      onKeyDown={onKeyDown}
      className="group flex h-full min-w-0 touch-pan-y flex-col overflow-hidden rounded-lg border border-line bg-panel hover:border-line-strong"
    >
      <span className="relative">
        <Picture url={url} alt={text.gallery.alt(name, positionPct)} thumbhash={thumbhash} />
        <Place at={at} count={pictures.length} />
        {share === null ? null : <HoverPreview videoKey={key} share={share} timeRef={shownTimeS} />}
      </span>
      <span className="flex h-11 min-w-0 flex-col justify-center px-2.5">
        <Name className="text-xs font-medium group-hover:text-accent">{baseName(key)}</Name>
        <span className="truncate text-xs text-muted">
          {formatPosition(positionPct)} · {formatTimecode(timeS)}
        </span>
      </span>
    </Link>
  );
}, isSame);

/** Return the number of the picture under the pointer, from its share of the tile's width. */
export function pictureAt(share: number, count: number): number {
  return Math.min(count - 1, Math.max(0, Math.floor(share * count)));
}

/** Each load of a list makes new arrays: compare the pictures themselves. */
function isSame(before: VideoTileProps, after: VideoTileProps): boolean {
  return (
    before.pictures.length === after.pictures.length &&
    before.pictures.every(
      ({ key, url }, index) => key === after.pictures[index]?.key && url === after.pictures[index].url,
    )
  );
}

/** Load the other pictures before they are shown. */
function preload(pictures: readonly Thumbnail[]): void {
  if (pictures.length > 1) for (const { url } of pictures) new Image().src = url;
}

/** Bars that show which picture of how many is visible. */
function Place({ at, count }: { at: number; count: number }) {
  if (count < 2) return null;
  return (
    <span aria-hidden className="absolute inset-x-2 bottom-1.5 flex gap-1">
      {Array.from({ length: count }, (_, index) => (
        <span
          key={index}
          className={clsx("h-1 flex-1 rounded-full shadow", index === at ? "bg-white" : "bg-black/45")}
        />
      ))}
    </span>
  );
}

interface PictureProps {
  url: string;
  alt: string;
  isEager?: boolean;
  /** Placeholder until the picture is loaded. */
  thumbhash?: string | null | undefined;
}

/** Picture in a 16:9 frame, whatever its own shape: the layout does not shift when it loads. */
export function Picture({ url, alt, isEager = false, thumbhash }: PictureProps) {
  const [broken, setBroken] = useState<string | null>(null);
  const [loaded, setLoaded] = useState<string | null>(null);
  const placeholder = usePlaceholder(loaded === url ? null : thumbhash);
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
          onLoad={() => setLoaded(url)}
          style={placeholder && loaded !== url ? { backgroundImage: `url(${placeholder})` } : undefined}
          className="absolute inset-0 size-full bg-contain bg-center bg-no-repeat object-contain"
        />
      )}
    </span>
  );
}
