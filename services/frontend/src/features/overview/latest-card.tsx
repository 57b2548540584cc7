"use client";

import { useMemo } from "react";
import { Card } from "@/components/ui/card";
import { PageLink } from "@/components/ui/page-link";
import { Failure, Loading, Skeleton } from "@/components/ui/states";
import { EmptyGallery } from "@/features/gallery/empty-gallery";
import { groupByVideo } from "@/features/gallery/groups";
import { useLatestThumbnails } from "@/features/gallery/queries";
import { VideoTile } from "@/features/gallery/video-tile";
import { LightboxHost } from "@/features/lightbox/components/lightbox-host";
import { asProblem } from "@/lib/api/problem";
import { useDeferredArrival } from "@/lib/use-deferred-arrival";
import { text } from "@/text";

/** Two rows on a wide screen. */
const VIDEOS = 12;
const GRID = "grid grid-cols-2 gap-3 p-3 sm:grid-cols-3 md:grid-cols-4 xl:grid-cols-6";

export function LatestCard({ className }: { className?: string }) {
  const latest = useLatestThumbnails();
  const shown = useDeferredArrival(latest.data);
  const videos = useMemo(() => groupByVideo(shown?.items ?? []).slice(0, VIDEOS), [shown]);
  return (
    <Card
      title={text.gallery.latest}
      {...(className ? { className } : {})}
      actions={
        <PageLink href="/gallery" className="rounded-md px-2 py-1 text-accent hover:underline">
          {text.gallery.seeAll}
        </PageLink>
      }
    >
      {shown ? (
        videos.length > 0 ? (
          <ul className={GRID}>
            {videos.map(({ key, pictures }) => (
              <li key={key} className="min-w-0">
                <VideoTile pictures={pictures} />
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
            {Array.from({ length: VIDEOS }, (_, index) => (
              <Skeleton key={index} className="aspect-[200/157]" />
            ))}
          </div>
        </Loading>
      )}
      <LightboxHost videos={videos} />
    </Card>
  );
}
