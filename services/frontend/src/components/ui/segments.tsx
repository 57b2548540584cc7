"use client";

import { useId } from "react";
import { clsx } from "clsx";

interface SegmentsProps<Value extends string> {
  label: string;
  options: readonly { value: Value; label: string; count?: string }[];
  value: Value;
  onChange: (value: Value) => void;
}

/** One choice out of a few, as radio buttons in a row: the arrow keys move between them. */
export function Segments<Value extends string>({ label, options, value, onChange }: SegmentsProps<Value>) {
  const name = useId();
  return (
    <fieldset className="inline-flex max-w-full min-w-0 overflow-x-auto rounded-lg border border-line bg-panel p-0.5">
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <label
          key={option.value}
          className={clsx(
            "relative flex min-h-8 items-center gap-1.5 rounded-md px-2 text-sm sm:px-3 whitespace-nowrap",
            "has-focus-visible:outline-2 has-focus-visible:outline-accent",
            option.value === value ? "bg-raised font-medium text-ink" : "text-muted hover:text-ink",
          )}
        >
          <input
            type="radio"
            className="sr-only"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          {option.label}
          {option.count ? <span className="text-xs text-muted max-sm:hidden">{option.count}</span> : null}
        </label>
      ))}
    </fieldset>
  );
}
