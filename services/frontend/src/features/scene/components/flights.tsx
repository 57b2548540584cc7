"use client";

import { useFrame, useThree } from "@react-three/fiber";
import { useEffect, useRef } from "react";
import { Color, type InstancedMesh, Matrix4, Quaternion, Vector3 } from "three";
import { arcPoint, type Layout, type Point } from "../layout";
import { FLIGHT_MS, type Flight } from "../model";
import type { Palette } from "../palette";

const ROOM = 64;
const FRAMES_PER_S = 20;
const UPRIGHT = new Quaternion();

interface FlightsProps {
  flights: readonly Flight[];
  layout: Layout;
  palette: Palette;
  /** Position of each worker's box. */
  workerPlaces: ReadonlyMap<string, Point>;
}

/** Videos in flight. Frames are requested only while there are any. */
export function Flights({ flights, layout, palette, workerPlaces }: FlightsProps) {
  const mesh = useRef<InstancedMesh>(null);
  const invalidate = useThree((state) => state.invalidate);

  useEffect(() => {
    const endMs = Math.max(0, ...flights.map((flight) => flight.startMs + FLIGHT_MS));
    if (endMs <= performance.now()) return;
    const ticker = setInterval(() => {
      invalidate();
      if (performance.now() > endMs + 100) clearInterval(ticker);
    }, 1000 / FRAMES_PER_S);
    return () => clearInterval(ticker);
  }, [flights, invalidate]);

  useFrame(() => {
    const instances = mesh.current;
    if (!instances) return;
    const nowMs = performance.now();
    const matrix = new Matrix4();
    const colour = new Color();
    let shown = 0;
    for (const flight of flights) {
      const share = (nowMs - flight.startMs) / FLIGHT_MS;
      if (share < 0 || share > 1 || shown >= ROOM) continue;
      const place = (station: Flight["from"]) =>
        (station === "workers" && flight.worker !== null && workerPlaces.get(flight.worker)) || layout.places[station];
      const { x, y, z } = arcPoint(place(flight.from), place(flight.to), share);
      const scale = Math.min(1, share * 6, (1 - share) * 6);
      matrix.compose(new Vector3(x, y, z), UPRIGHT, new Vector3(scale, scale, scale));
      instances.setMatrixAt(shown, matrix);
      instances.setColorAt(shown, colour.set(flightColour(flight, palette)));
      shown += 1;
    }
    instances.count = shown;
    instances.instanceMatrix.needsUpdate = true;
    if (instances.instanceColor) instances.instanceColor.needsUpdate = true;
  });

  return (
    <instancedMesh ref={mesh} args={[undefined, undefined, ROOM]} frustumCulled={false}>
      <boxGeometry args={[0.5, 0.3, 0.36]} />
      <meshStandardMaterial roughness={0.5} />
    </instancedMesh>
  );
}

function flightColour(flight: Flight, palette: Palette): string {
  if (flight.to === "deadLetters") return palette.bad;
  return flight.to === "thumbnails" ? palette.good : palette.accent;
}
