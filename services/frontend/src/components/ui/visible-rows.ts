/** Rows of a long list that are near the window. */

import { useCallback, useSyncExternalStore } from "react";

interface Rows {
  /** Number of rows, all of the same height. */
  count: number;
  rowHeightPx: number;
  /** Top of the first row in the page. */
  topPx: number;
}

/** Rows above and below the window that stay in the document. */
const ROWS_AHEAD = 4;

/** Return the first row near the window, and the one after the last. Render only when they change. */
export function useVisibleRows(rows: Rows): { first: number; end: number } {
  const { count } = rows;
  const first = useWindow(() => firstRow(rows, window.scrollY));
  const end = useWindow(() => endRow(rows, window.scrollY, window.innerHeight));
  // After a filter the list can end above the window, until the browser has scrolled.
  return { first: Math.min(first, count), end: Math.min(end, count) };
}

/** Return the first row to draw if the page is scrolled by this much. */
export function firstRow({ count, rowHeightPx, topPx }: Rows, scrolledPx: number): number {
  const row = Math.floor((scrolledPx - topPx) / rowHeightPx) - ROWS_AHEAD;
  return Math.max(0, Math.min(row, count - 1));
}

/** Return the row after the last one to draw. */
export function endRow({ count, rowHeightPx, topPx }: Rows, scrolledPx: number, windowPx: number): number {
  const row = Math.ceil((scrolledPx + windowPx - topPx) / rowHeightPx) + ROWS_AHEAD;
  return Math.max(Math.min(row, count), Math.min(count, 1));
}

/** Return what `read` returns, now and after each scroll or new size of the window. */
function useWindow(read: () => number): number {
  const subscribe = useCallback((onChange: () => void) => {
    window.addEventListener("scroll", onChange, { passive: true });
    window.addEventListener("resize", onChange);
    return () => {
      window.removeEventListener("scroll", onChange);
      window.removeEventListener("resize", onChange);
    };
  }, []);
  return useSyncExternalStore(subscribe, read, () => 0);
}
