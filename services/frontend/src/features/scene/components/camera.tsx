"use client";

import { useThree } from "@react-three/fiber";
import { useEffect, useLayoutEffect } from "react";
import { type OrthographicCamera, Vector3 } from "three";
import { type Layout, padSize, SCREENS, STATIONS, type Station, wallTopM } from "../layout";

const DIRECTION = new Vector3(0.1, 0.72, 1).normalize();
/** Maximum height of the queue's stack. */
const QUEUE_HEIGHT_M = 3.1;
/** Distance of a label from the front of its pad. */
const LABEL_GAP_M = 0.12;
/** Height of a label: two lines of text, whatever the size of a metre. */
const LABEL_PX = 40;

/** Share of the canvas to fill. */
const FILL = 0.95;

/** Share of a height that the camera shows. */
const SHORTENING = Math.sqrt(1 - DIRECTION.y ** 2);

export type LabelPlaces = Record<Station, { leftPx: number; topPx: number }> & {
  /** Middle of the lower edge of the wall of screens, and the size of a metre. */
  screens: { leftPx: number; topPx: number; metrePx: number };
};

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
    camera.zoom = FILL * Math.min(size.width / (right - left), (size.height - LABEL_PX) / (top - bottom));
    // Move the centre of the layout, with the labels of its lowest pads, to the centre of the canvas.
    camera.translateX((left + right) / 2);
    camera.translateY((top + bottom - LABEL_PX / camera.zoom) / 2);
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
    const fronts = [z - depthM / 2, z + depthM / 2 + LABEL_GAP_M];
    return sides.flatMap((side) => fronts.map((front) => new Vector3(side, 0, front)));
  });
  const { queue, thumbnails } = layout.places;
  return [
    ...ground,
    new Vector3(queue.x, QUEUE_HEIGHT_M, queue.z),
    new Vector3(thumbnails.x, wallTopM(SHORTENING), thumbnails.z),
  ];
}

function labelPlaces(layout: Layout, camera: OrthographicCamera, size: { width: number; height: number }): LabelPlaces {
  const place = (station: Station) => {
    const { x, z } = layout.places[station];
    const front = padSize(station, layout)[1] / 2 + LABEL_GAP_M;
    return toPx(new Vector3(x, 0, z + front));
  };
  const toPx = (point: Vector3) => {
    const { x, y } = point.project(camera);
    return { leftPx: ((x + 1) / 2) * size.width, topPx: ((1 - y) / 2) * size.height };
  };
  const labels = Object.fromEntries(STATIONS.map((station) => [station, place(station)])) as Record<
    Station,
    { leftPx: number; topPx: number }
  >;
  const { x, z } = layout.places.thumbnails;
  return { ...labels, screens: { ...toPx(new Vector3(x, SCREENS.bottomM, z)), metrePx: camera.zoom } };
}
