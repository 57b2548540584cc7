"use client";

import { useDeferredValue } from "react";

/**
 * Return the value, and its first arrival only in a render of low priority, which React does in slices of 5 ms. A
 * page's first data rendered in one piece blocks the browser for up to 50 ms, and a phone four times as long.
 */
export function useDeferredArrival<Value>(value: Value | undefined): Value | undefined {
  const isShown = useDeferredValue(value !== undefined);
  return isShown ? value : undefined;
}
