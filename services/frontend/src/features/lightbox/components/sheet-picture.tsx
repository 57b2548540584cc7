"use client";

import { useEffect, useState } from "react";
import { type TiledSheets, tileAt } from "@/features/videos/storyboard";

interface SheetPictureProps {
  storyboard: TiledSheets;
  tile: number;
  alt: string;
}

/** One tile of a storyboard's sheet, as large as the positioned element around it allows. */
export function SheetPicture({ storyboard, tile, alt }: SheetPictureProps) {
  const { columns, tile_width_px: width, tile_height_px: height } = storyboard;
  const { url, row, column } = tileAt(storyboard, tile);
  return (
    <span className="absolute inset-0 grid place-items-center [container-type:size]">
      <span
        className="relative block overflow-hidden"
        style={{ aspectRatio: `${width} / ${height}`, width: `min(100cqw, 100cqh * ${width / height})` }}
      >
        <img
          src={url}
          alt={alt}
          draggable={false}
          className="absolute max-w-none"
          style={{
            width: `${columns * 100}%`,
            left: `${column * -100}%`,
            top: `${row * -100}%`,
          }}
        />
      </span>
    </span>
  );
}

/** Load a picture, and return true when it can be shown at once. */
export function useLoaded(url: string | null): boolean {
  const [loaded, setLoaded] = useState<string | null>(null);
  useEffect(() => {
    if (url === null) return;
    const picture = new Image();
    picture.onload = () => setLoaded(url);
    picture.src = url;
    return () => {
      picture.onload = null;
    };
  }, [url]);
  return url !== null && loaded === url;
}
