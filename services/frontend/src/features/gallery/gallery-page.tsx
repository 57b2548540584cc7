"use client";

import { Segments } from "@/components/ui/segments";
import { Failure, Loading, Skeleton } from "@/components/ui/states";
import { VirtualGrid } from "@/components/ui/virtual-grid";
import { useConfig } from "@/features/session/session";
import { PageHead } from "@/features/shell/page-head";
import { useSearchParameter } from "@/features/videos/use-search-parameter";
import { asProblem } from "@/lib/api/problem";
import type { Thumbnail } from "@/lib/api/models";
import { text } from "@/text";
import { EmptyGallery } from "./empty-gallery";
import { useThumbnails } from "./queries";
import { ThumbnailTile, tileHeight, tileProps } from "./thumbnail-tile";

/** Two columns on a phone. */
const minTileWidth = (widthPx: number) => (widthPx < 640 ? 150 : 200);

export function GalleryPage() {
  const config = useConfig();
  const [position, setPosition] = useSearchParameter("position");
  const { items, isKnown, isMore, loadMore, error, reload } = useThumbnails(position);
  const options = [
    { value: "", label: text.common.all },
    ...(config?.positions_pct ?? []).map((pct) => ({ value: String(pct), label: text.gallery.positionLabel(pct) })),
  ];
  return (
    <>
      <PageHead
        title={text.gallery.title}
        note={items.length > 0 ? text.gallery.shown(items.length, isMore) : null}
        actions={<Segments label={text.gallery.position} value={position} onChange={setPosition} options={options} />}
      />
      {error && !isKnown ? (
        <Failure title={text.gallery.failed} detail={asProblem(error).message} onRetry={() => void reload()} />
      ) : !isKnown ? (
        <GallerySkeleton />
      ) : items.length === 0 ? (
        <EmptyGallery />
      ) : (
        <VirtualGrid<Thumbnail>
          label={text.gallery.label}
          items={items}
          keyOf={(thumbnail) => thumbnail.key}
          minTileWidthPx={minTileWidth}
          tileHeightPx={tileHeight}
          onNearEnd={loadMore}
          render={(thumbnail) => <ThumbnailTile {...tileProps(thumbnail)} />}
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
