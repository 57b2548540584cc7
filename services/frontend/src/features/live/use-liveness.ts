"use client";

import { useConfig } from "@/features/session/session";
import { useNow } from "./use-now";
import { assessFreshness, type Freshness } from "./freshness";
import { oldestSourceAgeS } from "./api/snapshot";
import { useLive } from "./api/store";

const USUAL_INTERVAL_S = 5;

export function useLiveness(): Freshness {
  const nowMs = useNow();
  const socket = useLive((state) => state.socket);
  const lastMs = useLive((state) => state.lastMs);
  const snapshot = useLive((state) => state.snapshot);
  const pushIntervalS = useConfig()?.push_interval_s ?? USUAL_INTERVAL_S;
  return assessFreshness({
    socket,
    lastMs,
    nowMs,
    pushIntervalS,
    oldestSourceAgeS: snapshot ? oldestSourceAgeS(snapshot) : 0,
  });
}
