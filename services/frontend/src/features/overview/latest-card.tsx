"use client";

import Link from "next/link";
import { Card } from "@/components/ui/card";
import { Failure, Loading, Skeleton } from "@/components/ui/states";
import { EmptyGallery } from "@/features/gallery/empty-gallery";
import { useLatestThumbnails } from "@/features/gallery/queries";
import { ThumbnailTile, tileProps } from "@/features/gallery/thumbnail-tile";
import { asProblem } from "@/lib/api/problem";
import { text } from "@/text";

const COUNT = 12;
const GRID = "grid grid-cols-2 gap-3 p-3 sm:grid-cols-3 md:grid-cols-4 xl:grid-cols-6";

export function LatestCard({ className }: { className?: string }) {
  const latest = useLatestThumbnails(COUNT);
  return (
    <Card
      title={text.gallery.latest}
      {...(className ? { className } : {})}
      actions={
        <Link href="/gallery" className="rounded-md px-2 py-1 text-accent hover:underline">
          {text.gallery.seeAll}
        </Link>
      }
    >
      {latest.data ? (
        latest.data.items.length > 0 ? (
          <ul className={GRID}>
            {latest.data.items.map((thumbnail) => (
              <li key={thumbnail.key} className="min-w-0">
                <ThumbnailTile {...tileProps(thumbnail)} />
              </li>
            ))}
          </ul>
        ) : (
          <EmptyGallery />
        )
      ) : latest.isError ? (
        <Failure
          title={text.gallery.failed}
          detail={asProblem(latest.error).message}
          onRetry={() => void latest.refetch()}
        />
      ) : (
        <Loading label={text.common.loading}>
          <div className={GRID}>
            {Array.from({ length: COUNT }, (_, index) => (
              <Skeleton key={index} className="aspect-[200/157]" />
            ))}
          </div>
        </Loading>
      )}
    </Card>
  );
}
