/** State of the scene in terms of the pipeline. Pure. */

import type { Arrivals } from "./arrivals";
import type { Station } from "./layout";

/** Appearance of a worker's box. */
export type WorkerStatus = "busy" | "idle" | "starting" | "failing";

export interface SceneWorker {
  name: string;
  status: WorkerStatus;
}

/** Animation of a video that moves from one station to the next. */
export interface Flight {
  id: string;
  key: string;
  from: Station;
  to: Station;
  /** The worker that it comes from or goes to, if any. */
  worker: string | null;
  startMs: number;
}

export interface SceneModel {
  /** Uploads of this tab in progress. */
  sending: number;
  /** Videos that came to the queue between the previous push and this one, by any client. They may have left it again. */
  arrived: number;
  waiting: number;
  inFlight: number;
  workers: readonly SceneWorker[];
  thumbnails: number;
  deadLetters: number;
}

export const FLIGHT_MS = 1400;
const MAX_FLIGHTS = 60;
/** Time over which the flights of one push start. */
const SPREAD_MS = 2400;

/** Current station of one video. */
export interface VideoLocation {
  key: string;
  /** Time when a worker took the video. It distinguishes attempts. */
  takenAt: string;
  station: "workers" | "thumbnails" | "deadLetters";
  worker: string | null;
}

type Move = Omit<Flight, "id" | "startMs">;

/** Return the moves of each video between two samples, in order. */
export function movesBetween(before: ReadonlyMap<string, VideoLocation>, after: readonly VideoLocation[]): Move[][] {
  return after.map((location) => movesTo(location, before.get(location.key))).filter((moves) => moves.length > 0);
}

function movesTo({ key, takenAt, station, worker }: VideoLocation, before: VideoLocation | undefined): Move[] {
  const isSameTry = before?.takenAt === takenAt;
  if (isSameTry && before.station === station) return [];
  const taken: Move = { key, from: "queue", to: "workers", worker };
  if (station === "workers") return [taken];
  const ended: Move = { key, from: "workers", to: station, worker };
  // A fast video passes between two samples; show its way through the worker too.
  return isSameTry ? [ended] : [taken, ended];
}

/** Convert moves to flights that start one after another. Arrivals come before the moves out of the queue. */
export function flightsOf(moves: readonly (readonly Move[])[], came: ArrivalCounts, nowMs: number): Flight[] {
  const arrivals = [...arriving("uploads", came.uploaded), ...arriving("deadLetters", came.redriven)];
  const laterMs = arrivals.length > 0 ? FLIGHT_MS : 0;
  return [...staggered(arrivals, nowMs), ...staggered(moves, nowMs, laterMs)].slice(0, MAX_FLIGHTS);
}

export type ArrivalCounts = Pick<Arrivals, "uploaded" | "redriven">;

function arriving(from: Station, count: number): Move[][] {
  return Array.from({ length: Math.min(count, MAX_FLIGHTS) }, (_, index) => [
    { key: `${index + 1} of ${count}`, from, to: "queue", worker: null },
  ]);
}

function staggered(moves: readonly (readonly Move[])[], nowMs: number, laterMs = 0): Flight[] {
  const stepMs = moves.length > 1 ? Math.min(180, SPREAD_MS / moves.length) : 0;
  return moves.flatMap((legs, index) =>
    legs.map((move, leg) => ({
      ...move,
      id: `${move.key} ${move.from} ${move.to} ${nowMs}`,
      startMs: nowMs + index * stepMs + leg * FLIGHT_MS + (move.from === "workers" && leg === 0 ? 0 : laterMs),
    })),
  );
}

export function activeFlights(flights: readonly Flight[], nowMs: number): Flight[] {
  return flights.filter((flight) => nowMs < flight.startMs + FLIGHT_MS);
}
