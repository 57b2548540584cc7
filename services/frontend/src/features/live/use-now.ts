"use client";

import { useSyncExternalStore } from "react";

/** One timer for all ages on the page. It stops while nothing uses it and skips hidden tabs. */
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | null = null;
let nowMs = 0;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
}

function tick(): void {
  if (document.hidden) return;
  nowMs = Date.now();
  for (const listener of listeners) listener();
}

function read(): number {
  nowMs ||= Date.now();
  return nowMs;
}

/** Return the time in milliseconds, updated every second; 0 on the server, where no age is shown. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, read, () => 0);
}
