"use client";

import { FigureTile } from "@/components/ui/figure-tile";
import { useSnapshot } from "@/features/live/api/store";
import { useSourceAge } from "@/features/live/use-source-warning";
import { formatBytes, formatCount } from "@/lib/units";
import { text } from "@/text";
import { countByComponent, countVideosWithThumbnails } from "./counts";

/** The six main figures of the pipeline. */
export function Figures() {
  const snapshot = useSnapshot();
  const warnings = { queue: useSourceAge("queue"), pods: useSourceAge("pods"), metrics: useSourceAge("metrics") };
  const { queue = null, metrics = null, pods = null } = snapshot ?? {};
  const known = (value: number | undefined | null, format: (value: number) => string = formatCount) =>
    value === undefined || value === null ? (snapshot ? text.common.none : null) : format(value);
  const labels = text.overview;
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-card border border-line bg-line sm:grid-cols-3 lg:col-span-12 xl:grid-cols-6">
      <FigureTile
        label={labels.thumbnails}
        value={known(metrics?.thumbnails)}
        note={metrics ? labels.videosBehind(countVideosWithThumbnails(metrics)) : null}
        warning={warnings.metrics}
      />
      <FigureTile
        label={labels.runningPods}
        value={known(pods?.filter((pod) => pod.phase === "Running").length)}
        note={pods ? text.pods.count(pods.filter((pod) => pod.ready).length, pods.length) : null}
        warning={warnings.pods}
      />
      <FigureTile
        label={labels.queueDepth}
        value={known(queue?.waiting)}
        note={
          queue
            ? queue.waiting === 0
              ? labels.queueEmpty
              : queue.oldestS === null
                ? labels.oldestUnknown
                : labels.oldest(queue.oldestS)
            : null
        }
        warning={warnings.queue}
      />
      <FigureTile
        label={labels.inFlight}
        value={known(queue?.inFlight)}
        note={
          queue && queue.delayed > 0
            ? labels.delayed(queue.delayed)
            : queue?.inFlight
              ? labels.processing
              : labels.noneProcessing
        }
        warning={warnings.queue}
      />
      <FigureTile
        label={labels.totalPods}
        value={known(pods?.length)}
        note={pods ? labels.byComponent(countByComponent(pods)) : null}
        warning={warnings.pods}
      />
      <FigureTile
        label={labels.storage}
        value={known(metrics ? metrics.upload_bytes + metrics.thumbnail_bytes : null, formatBytes)}
        note={
          metrics ? labels.storageParts(formatBytes(metrics.upload_bytes), formatBytes(metrics.thumbnail_bytes)) : null
        }
        warning={warnings.metrics}
      />
    </dl>
  );
}
