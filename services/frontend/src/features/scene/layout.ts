/** Positions in the scene: metres on the ground, x to the right, z towards the viewer. Pure. */

export const STATIONS = ["uploads", "queue", "workers", "thumbnails", "deadLetters"] as const;

export type Station = (typeof STATIONS)[number];

export interface Point {
  x: number;
  z: number;
}

export interface Layout {
  places: Record<Station, Point>;
  /** Size of the workers' area, centred on their position. */
  workersWidthM: number;
  workersDepthM: number;
}

const PADS: Record<Exclude<Station, "workers">, [widthM: number, depthM: number]> = {
  uploads: [2.4, 2.2],
  queue: [2.4, 2.2],
  thumbnails: [4.3, 1.5],
  deadLetters: [2.6, 1.5],
};

/** Wall of screens on the thumbnails' pad, which shows the last thumbnails. */
export const SCREENS = { columns: 3, rows: 2, widthM: 1.32, gapM: 0.1, bottomM: 0.35 } as const;

/** Return the height of the wall's upper edge, for 16:9 screens that face a viewer who sees heights at `shortening`. */
export function wallTopM(shortening: number): number {
  const { rows, widthM, gapM, bottomM } = SCREENS;
  return bottomM + (rows * ((widthM * 9) / 16) + (rows - 1) * gapM) / shortening;
}

/** Return the width and depth of a station's pad. */
export function padSize(station: Station, layout: Layout): readonly [widthM: number, depthM: number] {
  return station === "workers" ? [layout.workersWidthM + 0.6, layout.workersDepthM + 0.6] : PADS[station];
}

const WIDE: Layout = {
  places: {
    uploads: { x: -7.3, z: 0.3 },
    queue: { x: -4, z: 0.3 },
    workers: { x: 0.8, z: 0 },
    thumbnails: { x: 6.4, z: -1.2 },
    deadLetters: { x: 6.4, z: 3.6 },
  },
  workersWidthM: 5.4,
  workersDepthM: 3.4,
};

/** For stages that are nearly square: inputs are on the left, outputs on the right, each in a column. */
const MEDIUM: Layout = {
  places: {
    uploads: { x: -5.2, z: -2.6 },
    queue: { x: -5.2, z: 2.4 },
    workers: { x: 0, z: 0 },
    thumbnails: { x: 5.4, z: -1.8 },
    deadLetters: { x: 5.4, z: 2.6 },
  },
  workersWidthM: 4.8,
  workersDepthM: 4.2,
};

const TALL: Layout = {
  places: {
    uploads: { x: -2.4, z: -5.3 },
    queue: { x: 2.2, z: -5.3 },
    workers: { x: 0, z: 0.4 },
    thumbnails: { x: -1.5, z: 8.4 },
    deadLetters: { x: 2.4, z: 8.4 },
  },
  workersWidthM: 6.2,
  workersDepthM: 3.4,
};

/** Choose the layout that best fills a stage of this width divided by its height. */
export function chooseLayout(aspect: number): Layout {
  if (aspect >= 1.9) return WIDE;
  return aspect >= 1.1 ? MEDIUM : TALL;
}

/** Arrange `count` workers in rows. The scale is 1 while there is room, and less beyond that. */
export function arrangeInRows(count: number, layout: Layout): { places: Point[]; scale: number } {
  if (count === 0) return { places: [], scale: 1 };
  const { workersWidthM, workersDepthM } = layout;
  const spacing = Math.min(1.6, Math.sqrt((workersWidthM * workersDepthM) / count));
  const columns = Math.max(1, Math.min(count, Math.floor(workersWidthM / spacing)));
  const lines = Math.ceil(count / columns);
  const centre = layout.places.workers;
  const places = Array.from({ length: count }, (_, index) => {
    const line = Math.floor(index / columns);
    const inLine = line === lines - 1 ? count - line * columns : columns;
    return {
      x: centre.x + ((index % columns) - (inLine - 1) / 2) * spacing,
      z: centre.z + (line - (lines - 1) / 2) * spacing,
    };
  });
  return { places, scale: Math.min(1, spacing / 1.35) };
}

export interface Stack {
  slabs: number;
  /** Number of videos per slab. */
  perSlab: number;
}

const MAX_SLABS = 20;

/** Return the queue as a stack of slabs: one slab per video while they are few, then per 10, 100 ... videos. */
export function stackFor(depth: number): Stack {
  let perSlab = 1;
  while (depth / perSlab > MAX_SLABS) perSlab *= 10;
  return { slabs: Math.ceil(depth / perSlab), perSlab };
}

/** Return the point at `share` (0 to 1) of an arc between two places, with easing at both ends. */
export function arcPoint(from: Point, to: Point, share: number): Point & { y: number } {
  const eased = share * share * (3 - 2 * share);
  return {
    x: from.x + (to.x - from.x) * eased,
    y: 0.35 + Math.sin(Math.PI * eased) * 0.9,
    z: from.z + (to.z - from.z) * eased,
  };
}
