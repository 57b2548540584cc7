"use client";

import { useMemo } from "react";
import { Segments } from "@/components/ui/segments";
import { Failure, Loading, Skeleton } from "@/components/ui/states";
import { VirtualGrid } from "@/components/ui/virtual-grid";
import { useConfig } from "@/features/session/session";
import { PageHead } from "@/features/shell/page-head";
import { useSearchParameter } from "@/features/videos/use-search-parameter";
import { asProblem } from "@/lib/api/problem";
import { text } from "@/text";
import { EmptyGallery } from "./empty-gallery";
import { groupByVideo, type VideoPictures } from "./groups";
import { useThumbnails } from "./queries";
import { tileHeight, VideoTile } from "./video-tile";

/** Two columns on a phone. */
const minTileWidth = (widthPx: number) => (widthPx < 640 ? 150 : 200);

export function GalleryPage() {
  const config = useConfig();
  const [position, setPosition] = useSearchParameter("position");
  const { items, isKnown, isMore, loadMore, error, reload } = useThumbnails(position);
  const videos = useMemo(() => groupByVideo(items), [items]);
  const options = [
    { value: "", label: text.common.all },
    ...(config?.positions_pct ?? []).map((pct) => ({ value: String(pct), label: text.gallery.positionLabel(pct) })),
  ];
  return (
    <>
      <PageHead
        title={text.gallery.title}
        note={videos.length > 0 ? text.gallery.shown(videos.length, isMore) : null}
        actions={<Segments label={text.gallery.position} value={position} onChange={setPosition} options={options} />}
      />
      {error && !isKnown ? (
        <Failure title={text.gallery.failed} detail={asProblem(error).message} onRetry={() => void reload()} />
      ) : !isKnown ? (
        <GallerySkeleton />
      ) : videos.length === 0 ? (
        <EmptyGallery />
      ) : (
        <VirtualGrid<VideoPictures>
          label={text.gallery.label}
          items={videos}
          keyOf={({ key }) => key}
          minTileWidthPx={minTileWidth}
          tileHeightPx={tileHeight}
          onNearEnd={loadMore}
          render={({ pictures }) => <VideoTile pictures={pictures} />}
        />
      )}
    </>
  );
}

function GallerySkeleton() {
  return (
    <Loading label={text.common.loading}>
      <div className="grid grid-cols-[repeat(auto-fill,minmax(150px,1fr))] gap-3 sm:grid-cols-[repeat(auto-fill,minmax(200px,1fr))]">
        {Array.from({ length: 12 }, (_, index) => (
          <Skeleton key={index} className="aspect-[200/157] rounded-lg" />
        ))}
      </div>
    </Loading>
  );
}
