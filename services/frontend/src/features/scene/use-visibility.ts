"use client";

import { type RefObject, useEffect, useState, useSyncExternalStore } from "react";

function subscribeTo(query: string) {
  return (callback: () => void) => {
    const media = window.matchMedia(query);
    media.addEventListener("change", callback);
    return () => media.removeEventListener("change", callback);
  };
}

const REDUCED = "(prefers-reduced-motion: reduce)";
const subscribeToMotion = subscribeTo(REDUCED);

/** Return true if the system asks for reduced motion. */
export function useReducedMotion(): boolean {
  return useSyncExternalStore(
    subscribeToMotion,
    () => window.matchMedia(REDUCED).matches,
    () => true,
  );
}

/** Return true if the element is near the window and the tab is visible. */
export function useIsVisible(element: RefObject<HTMLElement | null>): boolean {
  const [isNearWindow, setNearWindow] = useState(false);
  const [isTabVisible, setTabVisible] = useState(true);
  useEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver(([entry]) => setNearWindow(entry?.isIntersecting ?? false), {
      rootMargin: "80px",
    });
    observer.observe(element.current);
    const update = () => setTabVisible(!document.hidden);
    update();
    document.addEventListener("visibilitychange", update);
    return () => {
      observer.disconnect();
      document.removeEventListener("visibilitychange", update);
    };
  }, [element]);
  return isNearWindow && isTabVisible;
}

/** Return true if the browser supports WebGL. */
export function hasWebGl(): boolean {
  try {
    const canvas = document.createElement("canvas");
    return Boolean(canvas.getContext("webgl2") ?? canvas.getContext("webgl"));
  } catch {
    return false;
  }
}
