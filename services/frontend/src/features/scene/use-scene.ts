"use client";

import { useEffect, useMemo, useRef, useState } from "react";
import { useLive } from "@/features/live/api/store";
import type { Snapshot } from "@/features/live/api/snapshot";
import { healthOf } from "@/features/pods/health";
import { isOpen, useUploads } from "@/features/uploads/store";
import { arrivalsBetween, EVEN } from "./arrivals";
import {
  type Flight,
  flightsOf,
  type SceneModel,
  type Standing,
  stillFlying,
  waysBetween,
  type WorkerBody,
} from "./model";

const STATIONS_OF_STATES: Record<Snapshot["videos"][number]["state"], Standing["station"]> = {
  processing: "workers",
  done: "thumbnails",
  degraded: "thumbnails",
  failed: "deadLetters",
};

/** The pipeline as the scene shows it, and the videos on their way; none while nothing `moves`. */
export function useScene(moves: boolean): { model: SceneModel | null; flights: readonly Flight[] } {
  const snapshot = useLive((state) => state.snapshot);
  const sending = useUploads((all) => all.filter(isOpen).length);
  const { arrived, flights } = useMotion(snapshot, moves);
  const model = useMemo(() => (snapshot ? modelOf(snapshot, sending, arrived) : null), [snapshot, sending, arrived]);
  return { model, flights };
}

interface Look {
  snapshot: Snapshot;
  standings: ReadonlyMap<string, Standing>;
  accounts: typeof EVEN;
}

interface Motion {
  arrived: number;
  flights: readonly Flight[];
}

const REST: Motion = { arrived: 0, flights: [] };

function useMotion(snapshot: Snapshot | null, moves: boolean): Motion {
  const last = useRef<Look | null>(null);
  const [motion, setMotion] = useState(REST);
  useEffect(() => {
    const before = last.current;
    // What is old would not add up with what is new: the next look spans it.
    if (!snapshot?.queue || snapshot === before?.snapshot || isOld(snapshot)) return;
    const after = standingsOf(snapshot);
    const look = { snapshot, standings: new Map(after.map((standing) => [standing.key, standing])) };
    // What stood there when the page opened has not just arrived.
    if (!before?.snapshot.queue) {
      last.current = { ...look, accounts: EVEN };
      return;
    }
    const ways = waysBetween(before.standings, after);
    const legs = ways.flat();
    const { accounts, ...came } = arrivalsBetween(before.snapshot.queue, snapshot.queue, {
      taken: legs.filter(({ to }) => to === "workers").length,
      ended: legs.filter(({ from }) => from === "workers").length,
      accounts: before.accounts,
    });
    last.current = { ...look, accounts };
    const nowMs = performance.now();
    const started = moves ? flightsOf(ways, came, nowMs) : [];
    setMotion((motion) =>
      started.length === 0 && came.uploaded === motion.arrived
        ? motion
        : { arrived: came.uploaded, flights: [...stillFlying(motion.flights, nowMs), ...started] },
    );
  }, [snapshot, moves]);
  return motion;
}

function isOld({ sources }: Snapshot): boolean {
  return Boolean(sources.queue?.isStale || sources.metrics?.isStale);
}

function standingsOf({ videos }: Snapshot): Standing[] {
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
    .map((pod): WorkerBody => ({ name: pod.name, look: lookOf(healthOf(pod), busy.has(pod.name)) }));
  return {
    sending,
    arrived,
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
