"use client";

import { useConfig } from "@/features/session/session";
import { useNow } from "./clock";
import { judge, type Judgement } from "./freshness";
import { oldestSource_s } from "./snapshot";
import { useLive } from "./store";

const USUAL_INTERVAL_S = 5;

export function useLiveness(): Judgement {
  const now_ms = useNow();
  const socket = useLive((state) => state.socket);
  const last_ms = useLive((state) => state.last_ms);
  const snapshot = useLive((state) => state.snapshot);
  const pushInterval_s = useConfig()?.push_interval_s ?? USUAL_INTERVAL_S;
  return judge({ socket, last_ms, now_ms, pushInterval_s, oldestSource_s: snapshot ? oldestSource_s(snapshot) : 0 });
}
