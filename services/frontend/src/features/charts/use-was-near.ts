"use client";

import { type RefObject, useEffect, useState } from "react";

/** Distance at which a chart loads: it is drawn before it scrolls into the window. */
const NEAR = "200px 0px";

/** Return true once the element has been near the window. */
export function useWasNear(element: RefObject<HTMLElement | null>): boolean {
  const [wasNear, setNear] = useState(false);
  useEffect(() => {
    if (wasNear || !element.current) return;
    const observer = new IntersectionObserver((entries) => entries.some((one) => one.isIntersecting) && setNear(true), {
      rootMargin: NEAR,
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element, wasNear]);
  return wasNear;
}
