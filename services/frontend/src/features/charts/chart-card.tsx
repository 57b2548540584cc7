"use client";

import { clsx } from "clsx";
import { ChartLine, Table2 } from "lucide-react";
import dynamic from "next/dynamic";
import { type ReactNode, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/states";
import { text } from "@/text";
import type { Look, TimePlotProps } from "./time-plot";
import { useWasNear } from "./use-was-near";

const TimePlot = dynamic(() => import("./time-plot"), {
  ssr: false,
  loading: () => <NotYetDrawn />,
});

const MARKS: Record<Look, string> = {
  area: "border-accent",
  line: "border-accent",
  dashed: "border-muted border-dashed",
  bars: "border-accent",
  "bad-bars": "border-bad",
};

interface ChartCardProps {
  title: string;
  note: string;
  warning?: string | null;
  id?: string;
  className?: string;
  /** Text of the chart, for screen readers. */
  summary: string;
  legend: readonly { label: string; value: string; look: Look }[];
  plot: TimePlotProps & { key?: string };
  /** Cells of each row, the newest first: the time and a value for each entry of the legend. */
  rows: () => readonly (readonly string[])[];
  /** Shown in place of the chart. */
  empty?: ReactNode;
}

/** Chart over time, with a table of the same values. */
export function ChartCard({ summary, legend, plot, rows, empty, warning, id, className, ...head }: ChartCardProps) {
  const [isTable, setTable] = useState(false);
  const { key, ...drawn } = plot;
  return (
    <Card
      {...head}
      {...(id ? { id } : {})}
      {...(className ? { className } : {})}
      {...(warning ? { warning } : {})}
      actions={
        <Button
          kind="quiet"
          icon={isTable ? <ChartLine size={16} aria-hidden /> : <Table2 size={16} aria-hidden />}
          onClick={() => setTable((table) => !table)}
        >
          {isTable ? text.chart.showChart : text.chart.showTable}
        </Button>
      }
    >
      <div className="flex min-w-0 flex-1 flex-col p-3">
        {empty ? (
          empty
        ) : isTable ? (
          <ChartTable
            label={text.chart.table(head.title)}
            columns={[text.chart.time, ...legend.map(({ label }) => label)]}
            rows={rows()}
          />
        ) : (
          <figure role="img" className="flex flex-1 flex-col" aria-label={summary}>
            <div className="mb-1 flex gap-5 px-1 text-xs text-muted">
              {legend.map(({ label, value, look }) => (
                <span key={label} className="flex items-center gap-2">
                  <span className={clsx("w-4 border-t-2", MARKS[look])} />
                  {label}
                  <span className="font-medium text-ink">{value}</span>
                </span>
              ))}
            </div>
            <div className="relative min-h-52 flex-1">
              <LazyPlot key={key} {...drawn} />
            </div>
          </figure>
        )}
      </div>
    </Card>
  );
}

/** The chart, when it is near the window: a page of four starts with those that its window shows. */
function LazyPlot(props: TimePlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const wasNear = useWasNear(place);
  return (
    <div ref={place} className="absolute inset-0">
      {wasNear ? <TimePlot {...props} /> : <NotYetDrawn />}
    </div>
  );
}

function NotYetDrawn() {
  return <Skeleton className="absolute inset-0" />;
}

interface ChartTableProps {
  label: string;
  columns: readonly string[];
  rows: readonly (readonly string[])[];
}

function ChartTable({ label, columns, rows }: ChartTableProps) {
  return (
    <div tabIndex={0} role="region" aria-label={label} className="h-58 flex-auto overflow-y-auto">
      <table className="w-full text-right">
        <thead className="sticky top-0 bg-panel text-xs text-muted">
          <tr>
            {columns.map((column, index) => (
              <th key={column} scope="col" className={clsx("py-1 font-medium", index === 0 && "text-left")}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([time, ...values], row) => (
            // A local time comes twice when summer time ends.
            <tr key={row} className="border-t border-line">
              <td className="py-1 text-left">{time}</td>
              {values.map((value, index) => (
                <td key={index} className="py-1">
                  {value}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
