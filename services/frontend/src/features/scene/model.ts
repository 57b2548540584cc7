/** What the scene shows, in terms of the pipeline. Pure. */

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
  starts_ms: number;
}

export interface SceneModel {
  sending: number;
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
  /** Changes with every attempt, so that a second try is a way of its own. */
  attempt: number;
  station: Station;
  worker: string | null;
}

/** The ways that videos took between two looks at them. They set out one after another, not all at once. */
export function flightsBetween(
  before: ReadonlyMap<string, Standing>,
  after: readonly Standing[],
  now_ms: number,
): Flight[] {
  const ways = after.flatMap((standing) => waysTo(standing, before.get(standing.key)));
  const kept = ways.slice(0, MOST_FLIGHTS);
  const step_ms = kept.length > 1 ? Math.min(180, SPREAD_MS / kept.length) : 0;
  return kept.map((way, index) => ({
    ...way,
    id: `${way.key} ${way.from} ${way.to} ${now_ms}`,
    starts_ms: now_ms + index * step_ms + (way.from === "workers" && !before.has(way.key) ? FLIGHT_MS : 0),
  }));
}

type Way = Omit<Flight, "id" | "starts_ms">;

function waysTo(standing: Standing, before: Standing | undefined): Way[] {
  const way = (from: Station, to: Station): Way => ({ key: standing.key, from, to, worker: standing.worker });
  const isSame = before?.station === standing.station && before.attempt === standing.attempt;
  if (isSame) return [];
  switch (standing.station) {
    case "queue":
      return [way("uploads", "queue")];
    case "workers":
      return [way("queue", "workers")];
    case "thumbnails":
    case "deadLetters":
      // Fast ones are through between two looks: they went to a worker all the same.
      return before?.station === "workers"
        ? [way("workers", standing.station)]
        : [way("queue", "workers"), way("workers", standing.station)];
    case "uploads":
      return [];
  }
}

export function stillFlying(flights: readonly Flight[], now_ms: number): Flight[] {
  return flights.filter((flight) => now_ms < flight.starts_ms + FLIGHT_MS);
}
