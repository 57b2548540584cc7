import type { ReactNode } from "react";
import { Skeleton } from "./states";

interface FigureTileProps {
  label: string;
  /** Null until it is known. */
  value: string | null;
  unit?: string;
  note?: ReactNode;
  /** Warning that the figure's source has failed. */
  warning?: string | null;
}

/** One figure with its name. It keeps its height while the value is missing: a note has room for two lines. */
export function FigureTile({ label, value, unit, note, warning }: FigureTileProps) {
  return (
    <div className="flex min-w-0 flex-col gap-0.5 bg-panel px-4 py-3" {...(warning ? { title: warning } : {})}>
      <dt className="truncate text-xs text-muted">{label}</dt>
      <dd className="flex h-8 items-baseline gap-1.5">
        {value === null ? (
          <Skeleton className="mt-1 h-6 w-16" />
        ) : (
          <>
            <span className="text-2xl leading-8 font-semibold tracking-tight whitespace-nowrap">{value}</span>
            {unit ? <span className="text-sm text-muted">{unit}</span> : null}
          </>
        )}
      </dd>
      <dd className="min-h-8 text-xs leading-4 text-balance text-muted">
        {warning ? <span className="text-warn">{warning}</span> : note}
      </dd>
    </div>
  );
}
