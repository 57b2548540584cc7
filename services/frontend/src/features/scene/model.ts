/** What the scene shows, in terms of the pipeline. Pure. */

import type { Arrivals } from "./arrivals";
import type { Station } from "./layout";

/** What a worker's body looks like. */
export type WorkerLook = "busy" | "idle" | "starting" | "failing";

export interface WorkerBody {
  name: string;
  look: WorkerLook;
}

/** A video on its way from one station to the next. */
export interface Flight {
  id: string;
  key: string;
  from: Station;
  to: Station;
  /** The worker that it comes from or goes to, where one takes part. */
  worker: string | null;
  startsMs: number;
}

export interface SceneModel {
  /** Uploads of this tab that are under way. */
  sending: number;
  /** Videos that have come to the queue since the push before, whoever uploaded them. */
  arrived: number;
  waiting: number;
  inFlight: number;
  workers: readonly WorkerBody[];
  thumbnails: number;
  deadLetters: number;
}

export const FLIGHT_MS = 1400;
const MOST_FLIGHTS = 60;
const SPREAD_MS = 2400;

/** Where one video stands, as far as the scene goes. */
export interface Standing {
  key: string;
  /** When a worker took it: a second try is a way of its own. */
  takenAt: string;
  station: "workers" | "thumbnails" | "deadLetters";
  worker: string | null;
}

type Way = Omit<Flight, "id" | "startsMs">;

/** The ways that videos took between two looks at them: for each that moved, one after the other. */
export function waysBetween(before: ReadonlyMap<string, Standing>, after: readonly Standing[]): Way[][] {
  return after.map((standing) => waysTo(standing, before.get(standing.key))).filter((ways) => ways.length > 0);
}

function waysTo({ key, takenAt, station, worker }: Standing, before: Standing | undefined): Way[] {
  const isSameTry = before?.takenAt === takenAt;
  if (isSameTry && before.station === station) return [];
  const taken: Way = { key, from: "queue", to: "workers", worker };
  if (station === "workers") return [taken];
  const ended: Way = { key, from: "workers", to: station, worker };
  // Fast ones are through between two looks: they went to a worker all the same.
  return isSameTry ? [ended] : [taken, ended];
}

/** The ways as flights. They set out one after another, not all at once, and what came is there before it is taken. */
export function flightsOf(ways: readonly (readonly Way[])[], came: Came, nowMs: number): Flight[] {
  const arrivals = [...arriving("uploads", came.uploaded), ...arriving("deadLetters", came.redriven)];
  const laterMs = arrivals.length > 0 ? FLIGHT_MS : 0;
  return [...inTurn(arrivals, nowMs), ...inTurn(ways, nowMs, laterMs)].slice(0, MOST_FLIGHTS);
}

export type Came = Pick<Arrivals, "uploaded" | "redriven">;

function arriving(from: Station, count: number): Way[][] {
  return Array.from({ length: Math.min(count, MOST_FLIGHTS) }, (_, index) => [
    { key: `${index + 1} of ${count}`, from, to: "queue", worker: null },
  ]);
}

function inTurn(ways: readonly (readonly Way[])[], nowMs: number, laterMs = 0): Flight[] {
  const stepMs = ways.length > 1 ? Math.min(180, SPREAD_MS / ways.length) : 0;
  return ways.flatMap((legs, index) =>
    legs.map((way, leg) => ({
      ...way,
      id: `${way.key} ${way.from} ${way.to} ${nowMs}`,
      startsMs: nowMs + index * stepMs + leg * FLIGHT_MS + (way.from === "workers" && leg === 0 ? 0 : laterMs),
    })),
  );
}

export function stillFlying(flights: readonly Flight[], nowMs: number): Flight[] {
  return flights.filter((flight) => nowMs < flight.startsMs + FLIGHT_MS);
}
