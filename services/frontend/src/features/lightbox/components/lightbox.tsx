"use client";

import { ChevronLeft, ChevronRight, X } from "lucide-react";
import Link from "next/link";
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import { BUTTON_SHAPE, IconButton } from "@/components/ui/button";
import { Name } from "@/components/ui/name";
import { hasSingleKeys } from "@/features/commands/store";
import type { VideoPictures } from "@/features/gallery/groups";
import { useVideo } from "@/features/videos/api/queries";
import { baseName, nameOf, pageOf } from "@/features/videos/names";
import { asProblem } from "@/lib/api/problem";
import { formatSecond, formatTimecode } from "@/lib/units";
import { text as common } from "@/text";
import { closeLightbox, moveLightbox } from "../address";
import { ScrubBar } from "./scrub-bar";
import { Stage } from "./stage";
import { middleStop, stopNear, stopsOf } from "../stops";
import { lightboxText as text } from "../text";

/** The address follows the picture after a rest: browsers refuse many changes at once. */
const REST_MS = 300;

/** Pictures that Page Up and Page Down pass. */
const LONG_STEP = 5;

interface LightboxProps {
  videoKey: string;
  /** Moment in the address, null for the middle thumbnail. */
  atS: number | null;
  videos: readonly VideoPictures[];
  isMore: boolean;
}

/** One video large, over the whole page. Modal, on the browser's own `<dialog>`. */
export function Lightbox({ videoKey, atS, videos, isMore }: LightboxProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const place = videos.findIndex(({ key }) => key === videoKey);
  const before = videos[place - 1]?.key;
  const after = place < 0 ? undefined : videos[place + 1]?.key;
  useModal(ref, videoKey);

  function onKeyDown(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey || !hasSingleKeys()) return;
    const to = { j: after, k: before }[event.key];
    if (to) moveLightbox(to);
  }

  const move = (to: string | undefined) => (to ? () => moveLightbox(to) : undefined);
  return (
    <dialog
      ref={ref}
      data-lightbox
      tabIndex={-1}
      aria-label={nameOf(videoKey)}
      onClose={() => ref.current?.open || closeLightbox()}
      onKeyDown={onKeyDown}
      className="m-0 h-dvh max-h-none w-full max-w-none flex-col overflow-hidden bg-canvas p-0 touch-pinch-zoom open:flex"
    >
      <header className="flex min-h-13 items-center gap-3 border-b border-line bg-panel pr-2 pl-4">
        <h2 className="min-w-0 flex-1 font-semibold">
          <Name>{baseName(videoKey)}</Name>
        </h2>
        {place >= 0 ? (
          <p role="status" className="shrink-0 text-xs text-muted">
            <span className="sr-only">{`${baseName(videoKey)}, `}</span>
            {text.place(place, videos.length, isMore)}
          </p>
        ) : null}
        <Link
          href={pageOf(videoKey)}
          prefetch={false}
          className={`${BUTTON_SHAPE} shrink-0 border-line bg-panel hover:bg-raised`}
        >
          {text.details}
        </Link>
        <IconButton
          label={common.common.close}
          icon={<X size={18} aria-hidden />}
          onClick={() => ref.current?.close()}
        />
      </header>
      <Viewer
        key={videoKey}
        videoKey={videoKey}
        atS={atS}
        known={videos[place] ?? null}
        onBefore={move(before)}
        onAfter={move(after)}
      />
    </dialog>
  );
}

/** Open the dialog, close it with the component, and give the focus to the tile of the last video. */
function useModal(ref: React.RefObject<HTMLDialogElement | null>, videoKey: string): void {
  const shown = useRef(videoKey);
  useEffect(() => {
    shown.current = videoKey;
    const dialog = ref.current;
    // The bar of the video before had the focus: without it, the keys would not reach the dialog.
    if (dialog?.open && !dialog.contains(document.activeElement))
      (dialog.querySelector<HTMLElement>("[role=slider]") ?? dialog).focus();
  }, [ref, videoKey]);
  useLayoutEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    if (!dialog.open) dialog.showModal();
    dialog.querySelector<HTMLElement>("[role=slider]")?.focus();
    // The page behind does not scroll.
    const stay = (event: WheelEvent) => event.preventDefault();
    dialog.addEventListener("wheel", stay, { passive: false });
    // While it is in the document, so that the browser gives the focus back.
    return () => {
      dialog.removeEventListener("wheel", stay);
      dialog.close();
    };
  }, [ref]);
  useEffect(
    () => () => {
      const tiles = [...document.querySelectorAll<HTMLElement>("[data-video]")];
      tiles.find((tile) => tile.dataset.video === shown.current)?.focus();
    },
    [],
  );
}

interface ViewerProps {
  videoKey: string;
  atS: number | null;
  /** Pictures that the page knows, until the video is loaded. */
  known: VideoPictures | null;
  onBefore: (() => void) | undefined;
  onAfter: (() => void) | undefined;
}

/** Picture of a moment, and the bar to choose it. */
function Viewer({ videoKey, atS, known, onBefore, onAfter }: ViewerProps) {
  const video = useVideo(videoKey);
  const [chosenS, setChosenS] = useState<number | null>(atS);
  const storyboard = video.data?.storyboard ?? null;
  const stops = stopsOf(video.data?.thumbnails ?? known?.pictures ?? [], storyboard);
  const at = chosenS === null ? middleStop(stops) : stopNear(stops, chosenS);
  const stop = stops[at];
  const durationS = Math.max(video.data?.duration_s ?? 0, stops.at(-1)?.timeS ?? 0) || 1;
  const problem = video.error ? asProblem(video.error) : null;

  useEffect(() => {
    if (chosenS === null || chosenS === atS) return;
    const rest = setTimeout(() => moveLightbox(videoKey, chosenS), REST_MS);
    return () => clearTimeout(rest);
  }, [videoKey, chosenS, atS]);

  function onKeyDown(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -LONG_STEP, PageUp: LONG_STEP }[
      event.key
    ];
    const end = { Home: 0, End: stops.length - 1 }[event.key];
    if (step === undefined && end === undefined) return;
    // The page behind would scroll.
    event.preventDefault();
    const to = end ?? Math.min(stops.length - 1, Math.max(0, at + (step ?? 0)));
    if (stops[to]) setChosenS(stops[to].timeS);
  }

  const time = stop ? (stop.thumbnail ? formatTimecode(stop.timeS) : formatSecond(stop.timeS)) : "";
  const duration = formatSecond(durationS);
  const position = stop?.thumbnail?.position_pct ?? null;
  return (
    // The keys work wherever the focus is in the dialog.
    <div className="flex min-h-0 flex-1 flex-col" onKeyDown={onKeyDown}>
      <Stage
        stops={stops}
        at={at}
        storyboard={storyboard}
        alt={text.alt(baseName(videoKey), time)}
        onBefore={onBefore}
        onAfter={onAfter}
      >
        {problem
          ? problem.status === 404
            ? text.missing
            : `${text.failed}: ${problem.message}`
          : video.data
            ? (video.data.reason ?? text.noPictures)
            : common.common.loading}
      </Stage>
      <footer className="border-t border-line bg-panel px-2 pt-1 pb-2 sm:px-4">
        {stop ? (
          <ScrubBar
            stops={stops}
            at={at}
            durationS={durationS}
            moment={text.moment(time, duration, position)}
            onChoose={(chosen) => setChosenS(stops[chosen]?.timeS ?? null)}
          />
        ) : null}
        <div className="flex items-center gap-2">
          <IconButton
            label={text.previous}
            icon={<ChevronLeft size={20} aria-hidden />}
            disabled={!onBefore}
            onClick={onBefore}
          />
          <div className="min-w-0 flex-1 text-center">
            {stop ? (
              <p>
                <span className="font-medium">{time}</span> <span className="text-muted">{text.of(duration)}</span>
                <span className="text-muted max-sm:hidden">
                  {" · "}
                  {position === null ? text.tile : text.thumbnail(position)}
                </span>
              </p>
            ) : null}
            {stop?.thumbnail?.note ? <p className="text-xs text-warn">{stop.thumbnail.note}</p> : null}
          </div>
          <IconButton
            label={text.next}
            icon={<ChevronRight size={20} aria-hidden />}
            disabled={!onAfter}
            onClick={onAfter}
          />
        </div>
      </footer>
    </div>
  );
}
