"use client";

import { type ReactNode, useEffect, useId, useState } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { useConfig } from "@/features/session/session";
import { text } from "@/text";
import type { DetailField, VideoFilter } from "../filter";

interface FilterPanelProps {
  filter: VideoFilter;
  onChange: (field: DetailField, value: string) => void;
  onClear: () => void;
}

const TYPING_PAUSE_MS = 250;

/** Filters by folder, format, reason and day. */
export function FilterPanel({ filter, onChange, onClear }: FilterPanelProps) {
  const config = useConfig();
  return (
    <section
      aria-label={text.list.filters}
      className="mb-4 grid grid-cols-2 items-end gap-3 rounded-card border border-line bg-panel p-3 md:grid-cols-[2fr_1fr_1.5fr_1fr_1fr_auto]"
    >
      <FolderField value={filter.folder} onChange={(value) => onChange("folder", value)} />
      <Select
        label={text.list.format}
        value={filter.extension}
        onChange={(value) => onChange("extension", value)}
        options={(config?.extensions ?? []).map((extension) => [extension, extension])}
      />
      <Select
        label={text.list.reason}
        value={filter.reason}
        onChange={(value) => onChange("reason", value)}
        options={Object.entries(text.failures.reasons)}
      />
      <Field
        label={text.list.from}
        type="date"
        value={filter.from}
        max={filter.to || undefined}
        onChange={(event) => onChange("from", event.target.value)}
      />
      <Field
        label={text.list.to}
        type="date"
        value={filter.to}
        min={filter.from || undefined}
        onChange={(event) => onChange("to", event.target.value)}
      />
      <Button onClick={onClear}>{text.list.clearFilters}</Button>
    </section>
  );
}

/** The list follows after a pause in typing. */
function FolderField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  const [shown, setShown] = useState(value);
  if (shown !== value) {
    setShown(value);
    setTyped(value);
  }
  useEffect(() => {
    if (typed === value) return;
    const rest = setTimeout(() => onChange(typed), TYPING_PAUSE_MS);
    return () => clearTimeout(rest);
  }, [typed, value, onChange]);
  return (
    <Field
      label={text.list.folder}
      className="max-md:col-span-2"
      placeholder={text.list.folderExample}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
    />
  );
}

interface SelectProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  options: readonly (readonly [string, ReactNode])[];
}

function Select({ label, value, onChange, options }: SelectProps) {
  const id = useId();
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <select
        id={id}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className="min-h-9 w-full rounded-lg border border-line-strong bg-panel px-2 text-sm"
      >
        <option value="">{text.common.all}</option>
        {options.map(([option, name]) => (
          <option key={option} value={option}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
