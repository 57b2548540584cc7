"use client";

import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useDeferredValue, useEffect, useLayoutEffect, useRef, useState } from "react";

import { keepPlace, takePlace } from "@/lib/scroll-place";

interface VirtualGridProps<Item> {
  label: string;
  items: readonly Item[];
  keyOf: (item: Item) => string;
  render: (item: Item) => ReactNode;
  /** Minimum width of a tile. The columns that fit share the whole width evenly. */
  minTileWidthPx: (widthPx: number) => number;
  tileHeightPx: (widthPx: number) => number;
  gapPx?: number;
  /** Called near the end of the list, so that the next page can be loaded. */
  onNearEnd?: () => void;
  /** Key of an item to scroll into view when it changes. */
  shownKey?: string | null;
}

const ROWS_AHEAD = 4;
/** The page's header covers the top of the window. */
const HEADER_PX = 112;

/** Grid that scrolls with the page and keeps only the rows near the window in the document. */
export function VirtualGrid<Item>(props: VirtualGridProps<Item>) {
  const { label, items, keyOf, render, minTileWidthPx, tileHeightPx, gapPx = 12, onNearEnd, shownKey } = props;
  const host = useRef<HTMLUListElement>(null);
  const [place, setPlace] = useState({ widthPx: 0, topPx: 0 });

  useLayoutEffect(() => {
    const element = host.current;
    if (!element) return;
    const measure = () => {
      const box = element.getBoundingClientRect();
      setPlace({ widthPx: box.width, topPx: box.top + window.scrollY });
    };
    measure();
    const resized = new ResizeObserver(measure);
    resized.observe(element);
    resized.observe(document.body);
    return () => resized.disconnect();
  }, []);

  const columns = Math.max(1, Math.floor((place.widthPx + gapPx) / (minTileWidthPx(place.widthPx) + gapPx)));
  const tileWidthPx = Math.max(0, (place.widthPx - gapPx * (columns - 1)) / columns);
  const rowHeightPx = Math.round(tileHeightPx(tileWidthPx)) + gapPx;
  const rowCount = Math.ceil(items.length / columns);

  const isMeasured = place.widthPx > 0;
  // The rows in the window come first. Those around it follow in a render of low priority.
  const hasShown = useDeferredValue(isMeasured);
  const virtualizer = useWindowVirtualizer({
    count: isMeasured ? rowCount : 0,
    estimateSize: () => rowHeightPx,
    overscan: hasShown ? ROWS_AHEAD : 0,
    scrollMargin: place.topPx,
  });
  useEffect(() => virtualizer.measure(), [virtualizer, rowHeightPx]);

  useEffect(() => keepPlace(), []);
  const hasRows = isMeasured && rowCount > 0;
  const hasReturned = useRef(false);
  useEffect(() => {
    // Only now the page is high enough; the browser tried earlier.
    if (!hasRows || hasReturned.current) return;
    hasReturned.current = true;
    const topPx = takePlace();
    if (topPx !== null) window.scrollTo(0, topPx);
  }, [hasRows]);

  const shownAt = shownKey ? items.findIndex((item) => keyOf(item) === shownKey) : -1;
  const shownRow = hasRows && shownAt >= 0 ? Math.floor(shownAt / columns) : -1;
  useEffect(() => {
    if (shownRow < 0) return;
    const topPx = place.topPx + shownRow * rowHeightPx;
    const [minPx, maxPx] = [topPx + rowHeightPx - window.innerHeight, topPx - HEADER_PX];
    if (window.scrollY < minPx || window.scrollY > maxPx) window.scrollTo(0, window.scrollY < minPx ? minPx : maxPx);
  }, [shownRow, rowHeightPx, place.topPx]);

  const rows = virtualizer.getVirtualItems();
  const lastRow = rows.at(-1)?.index ?? -1;
  useEffect(() => {
    if (lastRow >= rowCount - 1 && items.length > 0) onNearEnd?.();
  }, [lastRow, rowCount, items.length, onNearEnd]);

  return (
    <ul ref={host} aria-label={label} className="relative" style={{ height: virtualizer.getTotalSize() }}>
      {rows.flatMap((row) =>
        items.slice(row.index * columns, (row.index + 1) * columns).map((item, column) => (
          <li
            key={keyOf(item)}
            className="absolute top-0 left-0"
            style={{
              width: tileWidthPx,
              height: rowHeightPx - gapPx,
              transform: `translate(${column * (tileWidthPx + gapPx)}px, ${row.start - place.topPx}px)`,
            }}
          >
            {render(item)}
          </li>
        )),
      )}
    </ul>
  );
}
