"use client";

import { Download, Play, Square } from "lucide-react";
import { useState } from "react";
import { BUTTON_SHAPE, Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Picture } from "@/features/gallery/video-tile";
import type { VideoDetails } from "@/lib/api/models";
import { formatSecond } from "@/lib/units";
import { text } from "@/text/pages/video";
import { baseName } from "../names";
import { type Storyboard, tilesOf } from "../storyboard";

/** Animated preview and storyboard, if the instance creates them. */
export function WholeVideo({ video }: { video: VideoDetails }) {
  const { preview, storyboard } = video;
  if (!preview && !storyboard) return null;
  return (
    <Card
      title={text.video.whole}
      className="mt-4"
      {...(storyboard ? { note: text.video.tiles(storyboard.tiles, storyboard.interval_s) } : {})}
      {...(storyboard ? { actions: <Files storyboard={storyboard} /> } : {})}
    >
      <div className="flex flex-col gap-4 p-4 sm:flex-row">
        {preview ? (
          <Preview url={preview.url} still={video.thumbnails[0]?.url ?? null} name={baseName(video.key)} />
        ) : null}
        {storyboard ? <Strip storyboard={storyboard} /> : null}
      </div>
    </Card>
  );
}

/** The preview plays only on request, because motion disturbs reading. */
function Preview({ url, still, name }: { url: string; still: string | null; name: string }) {
  const [isPlaying, setPlaying] = useState(false);
  const shown = isPlaying ? url : still;
  return (
    <div className="relative w-full shrink-0 self-center overflow-hidden rounded-lg border border-line sm:w-56">
      {shown ? (
        <Picture url={shown} alt={isPlaying ? text.video.previewAlt(name) : text.video.previewStill(name)} />
      ) : (
        <div className="aspect-video bg-raised" />
      )}
      <Button
        aria-label={isPlaying ? text.video.stopPreview : text.video.playPreview}
        className="absolute bottom-2 left-2"
        icon={isPlaying ? <Square size={14} aria-hidden /> : <Play size={14} aria-hidden />}
        onClick={() => setPlaying((plays) => !plays)}
      >
        {isPlaying ? text.video.stop : text.video.play}
      </Button>
    </div>
  );
}

/** Tiles of the storyboard in a row, each with its start time; arrow keys scroll it. */
function Strip({ storyboard }: { storyboard: Storyboard }) {
  const { tile_width_px: width, tile_height_px: height } = storyboard;
  return (
    <div
      role="region"
      aria-label={text.video.storyboard}
      tabIndex={0}
      className="w-full min-w-0 self-center overflow-x-auto sm:w-auto sm:flex-1"
    >
      <ol className="flex w-max gap-2 pb-2">
        {tilesOf(storyboard).map(({ timeS, url, row, column }) => (
          <li key={timeS}>
            <img
              src={url}
              alt=""
              width={width}
              height={height}
              loading="lazy"
              decoding="async"
              className="max-w-none rounded bg-raised object-none"
              style={{ width, height, objectPosition: `-${column * width}px -${row * height}px` }}
            />
            <p className="mt-1 text-center text-xs text-muted">{formatSecond(timeS)}</p>
          </li>
        ))}
      </ol>
    </div>
  );
}

/** Links to the storyboard's files, for use in a player. */
function Files({ storyboard }: { storyboard: Storyboard }) {
  const files: [string, string | null][] = [
    [text.video.sheet, storyboard.url],
    [text.video.track, storyboard.track_url],
    [text.video.hls, storyboard.hls_url],
    [text.video.dash, storyboard.dash_url],
    [text.video.bif, storyboard.bif_url],
  ];
  const made = files.flatMap(([name, url]) => (url === null ? [] : [{ name, url }]));
  return made.map(({ name, url }) => (
    <a
      key={name}
      href={url}
      download
      target="_blank"
      rel="noreferrer"
      className={`${BUTTON_SHAPE} border-transparent text-muted hover:bg-raised hover:text-ink`}
    >
      <Download size={16} aria-hidden />
      {name}
    </a>
  ));
}
