"use client";

import { FileText, Box as BoxIcon, Pause, Play } from "lucide-react";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { Component, type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { IconButton } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/states";
import { text } from "@/text";
import { hasWebGl, useIsVisible, useReducedMotion } from "../use-visibility";
import type { LabelPlaces } from "./camera";
import { chooseLayout, STATIONS, type Station } from "../layout";
import type { Flight, SceneModel } from "../model";
import { Legend } from "./legend";
import { SceneText } from "./scene-text";
import { Screens } from "./screens";
import { stationLabels, StationLink, STATION_PATHS } from "./station-links";
import { useScene } from "../use-scene";

const PipelineCanvas = dynamic(() => import("./pipeline-canvas"), { ssr: false });

const NO_FLIGHTS: readonly Flight[] = [];

export function SceneCard({ className }: { className?: string }) {
  const stage = useRef<HTMLDivElement>(null);
  const isVisible = useIsVisible(stage);
  const isReduced = useReducedMotion();
  const [isPaused, setPaused] = useState(false);
  const [isText, setText] = useState(false);
  const moves = !isPaused && !isReduced && isVisible && !isText;
  const { model, flights } = useScene(moves);
  return (
    <Card
      title={text.scene.title}
      // On a phone the note would take a second row until the browser has said that it may move.
      {...(isReduced ? { note: <span className="max-sm:sr-only">{text.scene.still}</span> } : {})}
      {...(className ? { className } : {})}
      actions={
        <>
          {isText || isReduced ? null : (
            <IconButton
              label={isPaused ? text.scene.resume : text.scene.pause}
              icon={isPaused ? <Play size={16} aria-hidden /> : <Pause size={16} aria-hidden />}
              onClick={() => setPaused((paused) => !paused)}
            />
          )}
          <IconButton
            label={isText ? text.scene.showScene : text.scene.showText}
            icon={isText ? <BoxIcon size={16} aria-hidden /> : <FileText size={16} aria-hidden />}
            onClick={() => setText((shown) => !shown)}
          />
        </>
      }
    >
      <div ref={stage} className="relative min-h-104 min-w-0 flex-1 overflow-hidden sm:min-h-84">
        {!model ? (
          <Skeleton className="m-3 h-[calc(100%-1.5rem)]" />
        ) : isText ? (
          <SceneText model={model} />
        ) : (
          <Stage model={model} flights={moves ? flights : NO_FLIGHTS} isVisible={isVisible} />
        )}
      </div>
      {isText ? null : <Legend />}
    </Card>
  );
}

interface StageProps {
  model: SceneModel;
  flights: readonly Flight[];
  isVisible: boolean;
}

/** The canvas with its labels, which are links: they can be read, focused and clicked. */
function Stage({ model, flights, isVisible }: StageProps) {
  const router = useRouter();
  const box = useRef<HTMLDivElement>(null);
  const [aspect, setAspect] = useState<number | null>(null);
  const [places, setPlaces] = useState<LabelPlaces | null>(null);
  const [canDraw, setCanDraw] = useState<boolean | null>(null);
  // Keep the last picture while the scene is out of sight.
  const [wasVisible, setWasVisible] = useState(false);
  const [drawn, setDrawn] = useState(model);
  if (isVisible && drawn !== model) setDrawn(model);

  useEffect(() => {
    if (!isVisible || wasVisible) return;
    // Start after the first paint, so that the scene does not delay the figures.
    const later = setTimeout(() => {
      setCanDraw(hasWebGl());
      setWasVisible(true);
    }, 300);
    return () => clearTimeout(later);
  }, [isVisible, wasVisible]);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const resized = new ResizeObserver(([entry]) => {
      if (entry) setAspect(entry.contentRect.width / entry.contentRect.height);
    });
    resized.observe(element);
    return () => resized.disconnect();
  }, []);

  const layout = chooseLayout(aspect ?? 2);
  const select = useCallback(
    (station: Station, worker?: string) => router.push(worker ? `/#pod-${worker}` : STATION_PATHS[station]),
    [router],
  );
  const labels = stationLabels(model);
  if (canDraw === false) return <SceneText model={model} note={text.scene.noWebGl} />;
  return (
    <div ref={box} className="absolute inset-0">
      {wasVisible && aspect !== null ? (
        <SceneBoundary fallback={<SceneText model={model} note={text.scene.failed} />}>
          <PipelineCanvas
            isVisible={isVisible}
            model={drawn}
            flights={flights}
            layout={layout}
            onPlaced={setPlaces}
            onSelect={select}
          />
        </SceneBoundary>
      ) : null}
      {places ? <Screens place={places.screens} /> : null}
      {places
        ? STATIONS.map((station) => (
            <div
              key={station}
              className="absolute -translate-x-1/2"
              style={{ left: places[station].leftPx, top: places[station].topPx }}
            >
              <StationLink station={station} label={labels[station]} />
            </div>
          ))
        : null}
    </div>
  );
}

class SceneBoundary extends Component<{ fallback: ReactNode; children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render() {
    return this.state.hasFailed ? this.props.fallback : this.props.children;
  }
}
