"use client";

import { useQuery } from "@tanstack/react-query";
import { type RefObject, useEffect, useState } from "react";
import { idOf } from "@/features/videos/names";
import { tileAt } from "@/features/videos/storyboard";
import { call } from "@/lib/api/call";
import { formatSecond } from "@/lib/units";
import { SheetPicture, useLoaded } from "./sheet-picture";

/** A pointer that only crosses a tile loads nothing. */
const REST_MS = 120;
const FRESH_MS = 60_000;

interface HoverPreviewProps {
  videoKey: string;
  /** Place of the pointer as a share of the tile's width. */
  share: number;
  /** Gets the time of the picture that is shown, for a click. */
  timeRef: RefObject<number | null>;
}

/** Storyboard of a tile under the pointer, over its picture. It shows nothing until the sheet has loaded. */
export function HoverPreview({ videoKey, share, timeRef }: HoverPreviewProps) {
  const [hasRested, setRested] = useState(false);
  useEffect(() => {
    const rest = setTimeout(() => setRested(true), REST_MS);
    return () => clearTimeout(rest);
  }, []);
  const { data } = useQuery({
    queryKey: ["video", videoKey],
    queryFn: ({ signal }) => call("get", "/api/videos/{key}", { path: { key: idOf(videoKey) }, signal }),
    enabled: hasRested,
    staleTime: FRESH_MS,
  });
  const storyboard = data?.storyboard ?? null;
  const tiles = storyboard?.tiles ?? 1;
  const tile = Math.min(tiles - 1, Math.max(0, Math.floor(share * tiles)));
  const isLoaded = useLoaded(storyboard ? tileAt(storyboard, tile).url : null);
  const timeS = isLoaded && storyboard ? tile * storyboard.interval_s : null;
  useEffect(() => {
    timeRef.current = timeS;
    return () => {
      timeRef.current = null;
    };
  }, [timeRef, timeS]);
  if (!storyboard || timeS === null) return null;
  return (
    <span aria-hidden data-preview={tile} className="absolute inset-0 bg-raised">
      <SheetPicture storyboard={storyboard} tile={tile} alt="" />
      <span className="absolute inset-x-0 bottom-0 h-1 bg-black/45">
        <span className="block h-full bg-white" style={{ width: `${((tile + 1) / tiles) * 100}%` }} />
      </span>
      <span className="absolute right-1.5 bottom-2.5 rounded bg-black/75 px-1 text-xs text-white">
        {formatSecond(timeS)}
      </span>
    </span>
  );
}
