"use client";

import { useEffect, useState } from "react";

/** Wait of browsers without requestIdleCallback. */
const FALLBACK_MS = 1000;

/** Return true from the first time on that the browser has nothing to do after the first render. */
export function useIsIdle(): boolean {
  const [isIdle, setIdle] = useState(false);
  useEffect(() => {
    const rest = () => setIdle(true);
    if (typeof window.requestIdleCallback !== "function") {
      const timer = setTimeout(rest, FALLBACK_MS);
      return () => clearTimeout(timer);
    }
    const id = window.requestIdleCallback(rest);
    return () => window.cancelIdleCallback(id);
  }, []);
  return isIdle;
}
