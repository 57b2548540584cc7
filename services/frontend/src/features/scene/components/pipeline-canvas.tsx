"use client";

import { Canvas } from "@react-three/fiber";
import { memo, useMemo } from "react";
import { type Box, Boxes } from "./boxes";
import { Flights } from "./flights";
import { Ground } from "./ground";
import { Camera, type LabelPlaces } from "./camera";
import { type Layout, arrangeInRows, type Station, stackFor } from "../layout";
import type { Flight, SceneModel, WorkerStatus } from "../model";
import { type Palette, usePalette } from "../palette";

export interface PipelineCanvasProps {
  /** While the scene is out of sight, no frame is drawn. */
  isVisible: boolean;
  model: SceneModel;
  flights: readonly Flight[];
  layout: Layout;
  onPlaced: (places: LabelPlaces) => void;
  onSelect: (station: Station, worker?: string) => void;
}

/** The scene, in a chunk that only browsers with WebGL load. It is memoized because rendering draws a frame. */
export default memo(function PipelineCanvas(props: PipelineCanvasProps) {
  const { isVisible, model, flights, layout, onPlaced, onSelect } = props;
  const palette = usePalette();
  const arrangement = useMemo(() => arrangeInRows(model.workers.length, layout), [model.workers.length, layout]);
  const workerPlaces = useMemo(
    () => new Map(model.workers.map(({ name }, index) => [name, arrangement.places[index] ?? layout.places.workers])),
    [model.workers, arrangement, layout],
  );
  const bodies = useMemo(() => workerBoxes(model, arrangement, palette), [model, arrangement, palette]);
  const heads = useMemo(() => headBoxes(model, arrangement, palette), [model, arrangement, palette]);
  const queue = useMemo(() => queueBoxes(model, layout, palette), [model, layout, palette]);
  const dead = useMemo(() => deadLetterBoxes(model, layout, palette), [model, layout, palette]);
  const sending = useMemo(() => sendingBoxes(model, layout, palette), [model, layout, palette]);
  const selectWorker = (index: number) => onSelect("workers", model.workers[index]?.name);

  return (
    <Canvas
      orthographic
      flat
      frameloop={isVisible ? "demand" : "never"}
      dpr={[1, 2]}
      gl={{ antialias: true, powerPreference: "low-power" }}
      aria-hidden
      tabIndex={-1}
    >
      <ambientLight intensity={1.9} />
      <directionalLight position={[-6, 12, 8]} intensity={1.6} />
      <Camera layout={layout} onPlaced={onPlaced} />
      <Ground layout={layout} palette={palette} onSelect={onSelect} />
      <Boxes boxes={sending} size={[0.62, 0.36, 0.46]} onClick={() => onSelect("uploads")} />
      <Boxes boxes={queue} size={[1.5, 0.13, 1.1]} onClick={() => onSelect("queue")} />
      <Boxes boxes={bodies} size={[0.96, 0.62, 0.96]} onClick={selectWorker} />
      <Boxes boxes={heads} size={[0.54, 0.26, 0.54]} onClick={selectWorker} />
      <Boxes boxes={dead} size={[0.46, 0.26, 0.34]} onClick={() => onSelect("deadLetters")} />
      <Flights flights={flights} layout={layout} palette={palette} workerPlaces={workerPlaces} />
    </Canvas>
  );
});

const PAD_TOP_M = 0.12;
const MAX_SENDING = 6;
const MAX_DEAD_LETTERS = 8;

function workerBoxes(model: SceneModel, { places, scale }: ReturnType<typeof arrangeInRows>, palette: Palette): Box[] {
  const colours: Record<WorkerStatus, string> = {
    busy: palette.accent,
    idle: palette["line-strong"],
    starting: palette.line,
    failing: palette.bad,
  };
  return model.workers.flatMap(({ status }, index) => {
    const place = places[index];
    return place ? [{ ...place, y: PAD_TOP_M + 0.31 * scale, colour: colours[status], scale }] : [];
  });
}

/** Each worker has a head, whose colour shows its status. */
function headBoxes(model: SceneModel, { places, scale }: ReturnType<typeof arrangeInRows>, palette: Palette): Box[] {
  const colours: Record<WorkerStatus, string> = {
    busy: palette.accent,
    idle: palette.good,
    starting: palette.warn,
    failing: palette.bad,
  };
  return model.workers.flatMap(({ status }, index) => {
    const place = places[index];
    return place ? [{ ...place, y: PAD_TOP_M + 0.75 * scale, colour: colours[status], scale }] : [];
  });
}

function queueBoxes({ waiting }: SceneModel, { places }: Layout, palette: Palette): Box[] {
  const { slabs } = stackFor(waiting);
  return Array.from({ length: slabs }, (_, index) => ({
    ...places.queue,
    y: PAD_TOP_M + 0.08 + index * 0.155,
    colour: palette.accent,
  }));
}

function deadLetterBoxes({ deadLetters }: SceneModel, { places }: Layout, palette: Palette): Box[] {
  return Array.from({ length: Math.min(deadLetters, MAX_DEAD_LETTERS) }, (_, index) => ({
    x: places.deadLetters.x + ((index % 4) - 1.5) * 0.56,
    y: PAD_TOP_M + 0.15,
    z: places.deadLetters.z + (Math.floor(index / 4) - 0.5) * 0.6,
    colour: palette.bad,
  }));
}

function sendingBoxes({ sending }: SceneModel, { places }: Layout, palette: Palette): Box[] {
  return Array.from({ length: Math.min(sending, MAX_SENDING) }, (_, index) => ({
    x: places.uploads.x + ((index % 2) - 0.5) * 0.85,
    y: PAD_TOP_M + 0.2,
    z: places.uploads.z + (Math.floor(index / 2) - 1) * 0.62,
    colour: palette.accent,
  }));
}
