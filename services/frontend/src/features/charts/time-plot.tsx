"use client";

import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { colour, onThemeChange } from "@/features/theme/theme";
import { formatCount } from "@/lib/units";

export type Look = "area" | "line" | "dashed" | "bars" | "bad-bars";

type Values = readonly (number | null)[];

export interface TimePlotProps {
  /** In seconds, oldest first. */
  timesS: readonly number[];
  /** One row for each look. Null is a gap. */
  rows: readonly Values[];
  /** Text of the tooltip; null for none. */
  describe: (index: number) => string | null;
  /** The first one of the chart's life is kept: give another `key` for another style. */
  style: PlotStyle;
}

export interface PlotStyle {
  looks: readonly Look[];
  /** Length of the time axis, in seconds. */
  spanS: number;
  /** Seconds between the last time and the end of the axis. */
  tailS?: number;
  timeSteps: readonly number[];
  formatTime: (time: Date) => string;
  hasUtcDays?: boolean;
  /** Lowest top of the axis of values. */
  minTop: number;
  valueSteps: readonly number[];
  formatValue?: (value: number) => string;
}

/** Chart of values over time, in a chunk of its own. The text next to it has the same data. */
export default function TimePlot(props: TimePlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const describe = (index: number) => latest.current.describe(index);
    const draw = () => {
      plot.current?.destroy();
      const { clientWidth, clientHeight } = element;
      const options = optionsOf(latest.current.style, clientWidth, clientHeight, describe);
      plot.current = new uPlot(options, dataOf(latest.current), element);
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

  const { timesS, rows } = props;
  useEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    plot.current?.setData(dataOf({ timesS, rows }));
  }, [timesS, rows]);

  return <div ref={host} aria-hidden className="absolute inset-0" />;
}

function dataOf({ timesS, rows }: Pick<TimePlotProps, "timesS" | "rows">): uPlot.AlignedData {
  return [[...timesS], ...rows.map((row) => [...row])];
}

/** Show the text of the point at the cursor. */
function tooltip(describe: (index: number) => string | null): uPlot.Plugin {
  const box = document.createElement("div");
  box.className =
    "pointer-events-none absolute top-1 z-10 rounded-md font-sans border border-line bg-panel px-2 py-1 text-xs whitespace-pre shadow-lg";
  box.hidden = true;
  return {
    hooks: {
      init: (plot) => void plot.over.append(box),
      setCursor: ({ cursor: { idx, left = -1 }, over }) => {
        const shown = left >= 0 && typeof idx === "number" ? describe(idx) : null;
        box.hidden = shown === null;
        if (box.hidden) return;
        box.textContent = shown;
        const isRight = left > over.clientWidth / 2;
        box.style.left = isRight ? "" : `${left + 12}px`;
        box.style.right = isRight ? `${over.clientWidth - left + 12}px` : "";
      },
    },
  };
}

/** Draw a value between two gaps, which no line reaches, as a point. */
function isolated(plot: uPlot, row: number): number[] {
  const values = plot.data[row] ?? [];
  const isGap = (index: number) => values[index] === null || values[index] === undefined;
  return [...values.keys()].filter((index) => !isGap(index) && isGap(index - 1) && isGap(index + 1));
}

function seriesOf(look: Look): uPlot.Series {
  if (look === "bars" || look === "bad-bars") {
    const paths = uPlot.paths.bars?.({ size: [0.8, 40, 1] });
    const fill = colour(look === "bars" ? "accent" : "bad");
    return { fill, width: 0, points: { show: false }, ...(paths ? { paths } : {}) };
  }
  const stroke = colour(look === "dashed" ? "muted" : "accent");
  const points: uPlot.Series.Points = { show: false, filter: isolated, size: 5, fill: stroke };
  if (look === "dashed") return { stroke, dash: [4, 3], width: 1.5, points };
  return { stroke, width: 2, points, ...(look === "area" ? { fill: colour("accent-soft") } : {}) };
}

function optionsOf(
  style: PlotStyle,
  width: number,
  height: number,
  describe: (index: number) => string | null,
): uPlot.Options {
  const { looks, spanS, tailS = 0, timeSteps, formatTime, minTop, valueSteps, formatValue } = style;
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
    ...(style.hasUtcDays ? { tzDate: (timeS: number) => uPlot.tzDate(new Date(timeS * 1000), "Etc/UTC") } : {}),
    scales: {
      x: { time: true, range: (_plot, _min, max) => [(max ?? 0) + tailS - spanS, (max ?? 0) + tailS] },
      y: {
        range: (_plot, _min, max) => {
          const top = (max ?? 0) * 1.1;
          return [0, Math.max(minTop, top < 10 ? top : Math.ceil(top))];
        },
      },
    },
    axes: [
      {
        ...axis,
        values: (_plot, ticks) => ticks.map((tick) => formatTime(new Date(tick * 1000))),
        space: 44,
        size: 28,
        incrs: [...timeSteps],
      },
      {
        ...axis,
        size: formatValue ? 52 : 40,
        incrs: [...valueSteps],
        values: (_plot: uPlot, ticks: number[]) => ticks.map(formatValue ?? formatCount),
      },
    ],
    plugins: [tooltip(describe)],
    series: [{}, ...looks.map(seriesOf)],
  };
}
