"use client";

import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";

interface VirtualGridProps<Item> {
  label: string;
  items: readonly Item[];
  keyOf: (item: Item) => string;
  render: (item: Item) => ReactNode;
  /** Tiles share the width evenly; as many columns as fit with at least this width each, given the whole one. */
  minTileWidth_px: (width_px: number) => number;
  tileHeight_px: (width_px: number) => number;
  gap_px?: number;
  /** Called when the end comes near: there may be a next page. */
  onNearEnd?: () => void;
}

const ROWS_AHEAD = 4;

/** A grid that scrolls with the page and holds in the document only the rows near the window. */
export function VirtualGrid<Item>(props: VirtualGridProps<Item>) {
  const { label, items, keyOf, render, minTileWidth_px, tileHeight_px, gap_px = 12, onNearEnd } = props;
  const host = useRef<HTMLUListElement>(null);
  const [place, setPlace] = useState({ width_px: 0, top_px: 0 });

  useLayoutEffect(() => {
    const element = host.current;
    if (!element) return;
    const measure = () => {
      const box = element.getBoundingClientRect();
      setPlace({ width_px: box.width, top_px: box.top + window.scrollY });
    };
    measure();
    const resized = new ResizeObserver(measure);
    resized.observe(element);
    resized.observe(document.body);
    return () => resized.disconnect();
  }, []);

  const columns = Math.max(1, Math.floor((place.width_px + gap_px) / (minTileWidth_px(place.width_px) + gap_px)));
  const tileWidth_px = Math.max(0, (place.width_px - gap_px * (columns - 1)) / columns);
  const rowHeight_px = Math.round(tileHeight_px(tileWidth_px)) + gap_px;
  const rowCount = Math.ceil(items.length / columns);

  const virtualizer = useWindowVirtualizer({
    count: place.width_px ? rowCount : 0,
    estimateSize: () => rowHeight_px,
    overscan: ROWS_AHEAD,
    scrollMargin: place.top_px,
  });
  useEffect(() => virtualizer.measure(), [virtualizer, rowHeight_px]);

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
              width: tileWidth_px,
              height: rowHeight_px - gap_px,
              transform: `translate(${column * (tileWidth_px + gap_px)}px, ${row.start - place.top_px}px)`,
            }}
          >
            {render(item)}
          </li>
        )),
      )}
    </ul>
  );
}
