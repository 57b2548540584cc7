"use client";

import { FigureTile } from "@/components/ui/figure-tile";
import { useLive } from "@/features/live/api/store";
import { useSourceAge } from "@/features/live/use-source-warning";
import { formatBytes, formatCount } from "@/lib/units";
import { text } from "@/text";
import { componentCounts, videosOf } from "./counts";

/** The six figures that the dashboard is opened for. */
export function Figures() {
  const snapshot = useLive((state) => state.snapshot);
  const warnings = { queue: useSourceAge("queue"), pods: useSourceAge("pods"), metrics: useSourceAge("metrics") };
  const { queue = null, metrics = null, pods = null } = snapshot ?? {};
  const known = (value: number | undefined | null, format: (value: number) => string = formatCount) =>
    value === undefined || value === null ? (snapshot ? text.common.none : null) : format(value);
  const words = text.overview;
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-card border border-line bg-line sm:grid-cols-3 lg:col-span-12 xl:grid-cols-6">
      <FigureTile
        label={words.thumbnails}
        value={known(metrics?.thumbnails)}
        note={metrics ? words.videosBehind(videosOf(metrics)) : null}
        warning={warnings.metrics}
      />
      <FigureTile
        label={words.runningPods}
        value={known(pods?.filter((pod) => pod.phase === "Running").length)}
        note={pods ? text.pods.count(pods.filter((pod) => pod.ready).length, pods.length) : null}
        warning={warnings.pods}
      />
      <FigureTile
        label={words.queueDepth}
        value={known(queue?.waiting)}
        note={
          queue
            ? queue.waiting === 0 || queue.oldestS === null
              ? words.queueEmpty
              : words.oldest(queue.oldestS)
            : null
        }
        warning={warnings.queue}
      />
      <FigureTile
        label={words.inFlight}
        value={known(queue?.inFlight)}
        note={
          queue && queue.delayed > 0
            ? words.delayed(queue.delayed)
            : queue?.inFlight
              ? words.processing
              : words.noneProcessing
        }
        warning={warnings.queue}
      />
      <FigureTile
        label={words.totalPods}
        value={known(pods?.length)}
        note={pods ? words.byComponent(componentCounts(pods)) : null}
        warning={warnings.pods}
      />
      <FigureTile
        label={words.storage}
        value={known(metrics ? metrics.upload_bytes + metrics.thumbnail_bytes : null, formatBytes)}
        note={
          metrics ? words.storageParts(formatBytes(metrics.upload_bytes), formatBytes(metrics.thumbnail_bytes)) : null
        }
        warning={warnings.metrics}
      />
    </dl>
  );
}
