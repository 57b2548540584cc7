"use client";

import { useEffect, useMemo, useRef, useState } from "react";
import { useLive } from "@/features/live/store";
import type { Snapshot } from "@/features/live/snapshot";
import { healthOf } from "@/features/pods/look";
import { isOpen } from "@/features/uploads/store";
import { useUploads } from "@/features/uploads/use-uploads";
import type { Station } from "./layout";
import { type Flight, flightsBetween, type SceneModel, type Standing, stillFlying, type WorkerBody } from "./model";

const STATIONS_OF_STATES: Record<Snapshot["videos"][number]["state"], Station> = {
  processing: "workers",
  done: "thumbnails",
  degraded: "thumbnails",
  failed: "deadLetters",
};

/** The pipeline as the scene shows it, and the videos on their way; none while nothing `moves`. */
export function useScene(moves: boolean): { model: SceneModel | null; flights: readonly Flight[] } {
  const snapshot = useLive((state) => state.snapshot);
  const sending = useUploads((all) => all.filter(isOpen).length);
  const model = useMemo(() => (snapshot ? modelOf(snapshot, sending) : null), [snapshot, sending]);
  const flights = useFlights(snapshot, moves);
  return { model, flights };
}

function useFlights(snapshot: Snapshot | null, moves: boolean): readonly Flight[] {
  const before = useRef<ReadonlyMap<string, Standing> | null>(null);
  const [flights, setFlights] = useState<readonly Flight[]>([]);
  useEffect(() => {
    if (!snapshot) return;
    const now_ms = performance.now();
    const after = standingsOf(snapshot);
    const known = before.current;
    before.current = new Map(after.map((standing) => [standing.key, standing]));
    // What stood there when the page opened has not just arrived.
    if (!known || !moves) return;
    const started = flightsBetween(known, after, now_ms);
    if (started.length > 0) setFlights((flying) => [...stillFlying(flying, now_ms), ...started]);
  }, [snapshot, moves]);
  return flights;
}

function standingsOf({ videos }: Snapshot): Standing[] {
  return videos.map(({ key, attempt, state, worker }) => ({
    key,
    attempt,
    station: STATIONS_OF_STATES[state],
    worker: worker || null,
  }));
}

export function modelOf(snapshot: Snapshot, sending: number): SceneModel {
  const busy = new Set(snapshot.videos.filter(({ state }) => state === "processing").map(({ worker }) => worker));
  const workers = (snapshot.pods ?? [])
    .filter(({ component }) => component === "worker")
    .map((pod): WorkerBody => ({ name: pod.name, look: lookOf(healthOf(pod), busy.has(pod.name)) }));
  return {
    sending,
    waiting: snapshot.queue?.waiting ?? 0,
    inFlight: snapshot.queue?.inFlight ?? 0,
    workers,
    thumbnails: snapshot.metrics?.thumbnails ?? 0,
    deadLetters: snapshot.queue?.deadLetters ?? 0,
  };
}

function lookOf(health: ReturnType<typeof healthOf>, isBusy: boolean): WorkerBody["look"] {
  if (health === "failing") return "failing";
  if (health !== "ready") return "starting";
  return isBusy ? "busy" : "idle";
}
