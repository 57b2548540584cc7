"use client";

import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { colour, onThemeChange } from "@/features/theme/theme";
import { text } from "@/text";
import { type QueueSeries, WINDOW_S } from "./series";

/** Chart of the queue, in a chunk of its own. The text next to it has the same data. */
export default function QueuePlot({ series }: { series: QueueSeries }) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(series);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(element.clientWidth, element.clientHeight), asData(latest.current), element);
    };
    draw();
    const resized = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    resized.observe(element);
    const stopListening = onThemeChange(draw);
    return () => {
      stopListening();
      resized.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, []);

  useEffect(() => {
    latest.current = series;
    plot.current?.setData(asData(series));
  }, [series]);

  return <div ref={host} aria-hidden className="absolute inset-0" />;
}

function asData(series: QueueSeries): uPlot.AlignedData {
  return [series.timesS, series.waiting, series.inFlight];
}

/** Show time and values of the point at the cursor. */
function tooltip(): uPlot.Plugin {
  const box = document.createElement("div");
  box.className =
    "pointer-events-none absolute top-1 z-10 rounded-md font-sans border border-line bg-panel px-2 py-1 text-xs whitespace-pre shadow-lg";
  box.hidden = true;
  return {
    hooks: {
      init: (plot) => void plot.over.append(box),
      setCursor: ({ cursor: { idx, left = -1 }, data, over }) => {
        const [timeS, waiting, inFlight] = [0, 1, 2].map((row) => (typeof idx === "number" ? data[row]?.[idx] : null));
        box.hidden = left < 0 || !timeS || typeof waiting !== "number" || typeof inFlight !== "number";
        if (box.hidden) return;
        box.textContent = text.queue.point(new Date((timeS ?? 0) * 1000), waiting ?? 0, inFlight ?? 0);
        const isRight = left > over.clientWidth / 2;
        box.style.left = isRight ? "" : `${left + 12}px`;
        box.style.right = isRight ? `${over.clientWidth - left + 12}px` : "";
      },
    },
  };
}

function options(width: number, height: number): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: colour("muted"),
    font: `11px ${getComputedStyle(document.body).fontFamily}`,
    grid: { stroke: colour("line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    // Half of the last label is to the right of the chart.
    padding: [12, 22, 0, 0],
    scales: {
      x: { time: true, range: (_plot, _min, max) => [(max ?? 0) - WINDOW_S, max ?? 0] },
      y: { range: (_plot, _min, max) => [0, Math.max(4, Math.ceil((max ?? 0) * 1.1))] },
    },
    axes: [
      {
        ...axis,
        values: (_plot, ticks) => ticks.map((tick) => text.queue.axisTime(new Date(tick * 1000))),
        space: 44,
        size: 28,
        incrs: [60],
      },
      { ...axis, size: 40, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6] },
    ],
    plugins: [tooltip()],
    series: [
      {},
      { stroke: colour("accent"), fill: colour("accent-soft"), width: 2, points: { show: false } },
      { stroke: colour("muted"), dash: [4, 3], width: 1.5, points: { show: false } },
    ],
  };
}
