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

/** Whether the system asks for less motion. */
export function useReducedMotion(): boolean {
  return useSyncExternalStore(
    subscribeToMotion,
    () => window.matchMedia(REDUCED).matches,
    () => true,
  );
}

/** Whether anyone can see the element: it is near the window, and the tab is in front. */
export function useIsSeen(element: RefObject<HTMLElement | null>): boolean {
  const [isNear, setNear] = useState(false);
  const [isFront, setFront] = useState(true);
  useEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver(([entry]) => setNear(entry?.isIntersecting ?? false), {
      rootMargin: "80px",
    });
    observer.observe(element.current);
    const look = () => setFront(!document.hidden);
    look();
    document.addEventListener("visibilitychange", look);
    return () => {
      observer.disconnect();
      document.removeEventListener("visibilitychange", look);
    };
  }, [element]);
  return isNear && isFront;
}

/** Whether the browser can draw it at all. */
export function hasWebGl(): boolean {
  try {
    const canvas = document.createElement("canvas");
    return Boolean(canvas.getContext("webgl2") ?? canvas.getContext("webgl"));
  } catch {
    return false;
  }
}
