"use client";

import { useLatestThumbnails } from "@/features/gallery/queries";
import type { Thumbnail } from "@/lib/api/models";
import { SCREENS } from "../layout";
import { onePerVideo } from "../screens";
import type { LabelPlaces } from "./camera";

const COUNT = SCREENS.columns * SCREENS.rows;

const NONE: readonly Thumbnail[] = [];

/** Wall with the last thumbnails. The pictures lie over the canvas, so that they need no texture and no CORS. They are
 * decoration: the card of the latest videos has the same ones as links.
 */
export function Screens({ place: { leftPx, topPx, metrePx } }: { place: LabelPlaces["screens"] }) {
  const latest = useLatestThumbnails().data?.items ?? NONE;
  const shown = onePerVideo(latest, COUNT);
  const { columns, widthM, gapM } = SCREENS;
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute grid -translate-x-1/2 -translate-y-full"
      style={{
        left: leftPx,
        top: topPx,
        gap: gapM * metrePx,
        gridTemplateColumns: `repeat(${columns}, ${widthM * metrePx}px)`,
      }}
    >
      {Array.from({ length: COUNT }, (_, index) => (
        <span
          key={shown[index]?.key ?? index}
          className="aspect-video overflow-hidden rounded-sm border border-line-strong bg-raised"
        >
          {shown[index] ? (
            <img src={shown[index].url} alt="" decoding="async" className="size-full object-cover" />
          ) : null}
        </span>
      ))}
    </div>
  );
}
