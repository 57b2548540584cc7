"use client";

import { useThree } from "@react-three/fiber";
import { useEffect, useLayoutEffect } from "react";
import { type OrthographicCamera, Vector3 } from "three";
import { type Layout, padSize, STATIONS, type Station } from "../layout";

const DIRECTION = new Vector3(0.1, 0.72, 1).normalize();
/** Maximum height of the queue's stack, and depth of the labels in front of a pad. */
const QUEUE_HEIGHT_M = 3.1;
const LABEL_DEPTH_M = 1.15;

/** Share of the canvas to fill. */
const FILL = 0.95;

export type LabelPlaces = Record<Station, { leftPx: number; topPx: number }>;

interface CameraProps {
  layout: Layout;
  onPlaced: (places: LabelPlaces) => void;
}

/** Fit the whole layout into the canvas, and report the position of each label. */
export function Camera({ layout, onPlaced }: CameraProps) {
  const camera = useThree((state) => state.camera) as OrthographicCamera;
  const size = useThree((state) => state.size);
  const frameloop = useThree((state) => state.frameloop);
  const invalidate = useThree((state) => state.invalidate);

  // Draw the changes that were made while the scene was out of sight.
  useEffect(() => invalidate(), [frameloop, invalidate]);

  useLayoutEffect(() => {
    camera.position.copy(DIRECTION).multiplyScalar(60);
    camera.lookAt(0, 0, 0);
    camera.updateMatrixWorld();
    const seen = corners(layout).map((corner) => corner.applyMatrix4(camera.matrixWorldInverse));
    const [left, right] = [Math.min(...seen.map(({ x }) => x)), Math.max(...seen.map(({ x }) => x))];
    const [bottom, top] = [Math.min(...seen.map(({ y }) => y)), Math.max(...seen.map(({ y }) => y))];
    camera.zoom = FILL * Math.min(size.width / (right - left), size.height / (top - bottom));
    // Move the centre of the layout to the centre of the canvas.
    camera.translateX((left + right) / 2);
    camera.translateY((top + bottom) / 2);
    camera.near = 1;
    camera.far = 200;
    camera.updateProjectionMatrix();
    camera.updateMatrixWorld();
    onPlaced(labelPlaces(layout, camera, size));
    invalidate();
  }, [camera, size, layout, onPlaced, invalidate]);

  return null;
}

function corners(layout: Layout): Vector3[] {
  const ground = STATIONS.flatMap((station) => {
    const { x, z } = layout.places[station];
    const [widthM, depthM] = padSize(station, layout);
    const sides = [x - widthM / 2, x + widthM / 2];
    const fronts = [z - depthM / 2, z + depthM / 2 + LABEL_DEPTH_M];
    return sides.flatMap((side) => fronts.map((front) => new Vector3(side, 0, front)));
  });
  const { x, z } = layout.places.queue;
  return [...ground, new Vector3(x, QUEUE_HEIGHT_M, z)];
}

function labelPlaces(layout: Layout, camera: OrthographicCamera, size: { width: number; height: number }): LabelPlaces {
  const place = (station: Station) => {
    const { x, z } = layout.places[station];
    const front = padSize(station, layout)[1] / 2 + 0.12;
    const point = new Vector3(x, 0, z + front).project(camera);
    return { leftPx: ((point.x + 1) / 2) * size.width, topPx: ((1 - point.y) / 2) * size.height };
  };
  return Object.fromEntries(STATIONS.map((station) => [station, place(station)])) as LabelPlaces;
}
