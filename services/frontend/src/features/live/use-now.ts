"use client";

import { useSyncExternalStore } from "react";

/** One timer for all that shows an age. It rests while nobody looks. */
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

/** The time in milliseconds, renewed each second; 0 on the server, where no age is shown. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, read, () => 0);
}
