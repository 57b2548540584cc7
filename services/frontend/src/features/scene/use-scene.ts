"use client";

import { useLayoutEffect, useMemo, useRef, useState } from "react";
import { useSnapshot } from "@/features/live/api/store";
import type { Snapshot } from "@/features/live/api/snapshot";
import { healthOf } from "@/features/pods/health";
import { isOpen, useUploads } from "@/features/uploads/store";
import { countArrivals, ZERO_BALANCE } from "./arrivals";
import {
  type Flight,
  flightsOf,
  type SceneModel,
  type VideoLocation,
  activeFlights,
  movesBetween,
  type SceneWorker,
} from "./model";

const STATIONS_OF_STATES: Record<Snapshot["videos"][number]["state"], VideoLocation["station"]> = {
  processing: "workers",
  done: "thumbnails",
  degraded: "thumbnails",
  failed: "deadLetters",
  deleted: "thumbnails",
  dismissed: "deadLetters",
};

/** Return the state of the scene and the videos in flight; none while `moves` is false. */
export function useScene(moves: boolean): { model: SceneModel | null; flights: readonly Flight[] } {
  const snapshot = useSnapshot() ?? null;
  const sending = useUploads((all) => all.filter(isOpen).length);
  const motion = useMotion(snapshot, moves);
  // After the next push, a video that has arrived can wait, be with a worker or be done: it counts there only.
  const arrived = motion.snapshot === snapshot ? motion.arrived : 0;
  const model = useMemo(() => (snapshot ? modelOf(snapshot, sending, arrived) : null), [snapshot, sending, arrived]);
  return { model, flights: motion.flights };
}

interface Sample {
  snapshot: Snapshot;
  locations: ReadonlyMap<string, VideoLocation>;
  balance: typeof ZERO_BALANCE;
}

interface Motion {
  /** Snapshot that `arrived` belongs to. Flights go on after it. */
  snapshot: Snapshot | null;
  arrived: number;
  flights: readonly Flight[];
}

const NO_MOTION: Motion = { snapshot: null, arrived: 0, flights: [] };

function useMotion(snapshot: Snapshot | null, moves: boolean): Motion {
  const last = useRef<Sample | null>(null);
  const [motion, setMotion] = useState(NO_MOTION);
  // Before the browser paints the snapshot, so that its arrivals appear with it.
  useLayoutEffect(() => {
    const before = last.current;
    // Old data would not balance with new data: skip it, and the next sample spans it.
    if (!snapshot?.queue || snapshot === before?.snapshot || isOld(snapshot)) return;
    const after = locationsOf(snapshot);
    const status = { snapshot, locations: new Map(after.map((location) => [location.key, location])) };
    // Videos present when the page opened have not just arrived.
    if (!before?.snapshot.queue) {
      last.current = { ...status, balance: ZERO_BALANCE };
      return;
    }
    const legsByVideo = movesBetween(before.locations, after);
    const legs = legsByVideo.flat();
    const { balance, ...came } = countArrivals(before.snapshot.queue, snapshot.queue, {
      taken: legs.filter(({ to }) => to === "workers").length,
      ended: legs.filter(({ from }) => from === "workers").length,
      balance: before.balance,
    });
    last.current = { ...status, balance };
    const nowMs = performance.now();
    const started = moves ? flightsOf(legsByVideo, came, nowMs) : [];
    setMotion((motion) =>
      started.length === 0 && came.uploaded === 0
        ? motion
        : { snapshot, arrived: came.uploaded, flights: [...activeFlights(motion.flights, nowMs), ...started] },
    );
  }, [snapshot, moves]);
  return motion;
}

function isOld({ sources }: Snapshot): boolean {
  return Boolean(sources.queue?.isStale || sources.metrics?.isStale);
}

function locationsOf({ videos }: Snapshot): VideoLocation[] {
  return videos.map(({ key, started_at, state, worker }) => ({
    key,
    takenAt: started_at,
    station: STATIONS_OF_STATES[state],
    worker: worker || null,
  }));
}

export function modelOf(snapshot: Snapshot, sending: number, arrived: number): SceneModel {
  const busy = new Set(snapshot.videos.filter(({ state }) => state === "processing").map(({ worker }) => worker));
  const workers = (snapshot.pods ?? [])
    .filter(({ component }) => component === "worker")
    .map((pod): SceneWorker => ({ name: pod.name, status: workerStatus(healthOf(pod), busy.has(pod.name)) }));
  return {
    sending,
    arrived,
    // As in the other cards, also while the flights of these videos still show how they came.
    waiting: snapshot.queue?.waiting ?? 0,
    inFlight: snapshot.queue?.inFlight ?? 0,
    workers,
    thumbnails: snapshot.metrics?.thumbnails ?? 0,
    deadLetters: snapshot.queue?.deadLetters ?? 0,
  };
}

function workerStatus(health: ReturnType<typeof healthOf>, isBusy: boolean): SceneWorker["status"] {
  if (health === "failing") return "failing";
  if (health !== "ready") return "starting";
  return isBusy ? "busy" : "idle";
}
