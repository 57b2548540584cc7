"use client";

import { SlidersHorizontal } from "lucide-react";
import dynamic from "next/dynamic";
import { useEffect, useState } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Empty } from "@/components/ui/states";
import { text } from "@/text";
import { type Sort, SORTS } from "../sort";
import { useSearchParameter } from "../use-search-parameter";

// Not in the first load: they follow a choice of the user.
export const FilterPanel = dynamic(() => import("./filter-panel").then((found) => found.FilterPanel), {
  ssr: false,
  loading: () => <div className="mb-4 h-71 rounded-card border border-line bg-panel md:h-22" />,
});
export const PartialOrder = dynamic(() => import("./partial-order").then((found) => found.PartialOrder), {
  ssr: false,
});

const TYPING_PAUSE_MS = 250;

/** Search by name, in the address. */
export function SearchField() {
  const [search, setSearch] = useSearchParameter("q", true);
  const [typed, setTyped] = useState(search);
  // Back and Forward change the address: the field follows.
  const [shown, setShown] = useState(search);
  if (shown !== search) {
    setShown(search);
    if (search !== typed.trim()) setTyped(search);
  }
  useEffect(() => {
    // Search after a pause in typing: each letter would be a request.
    if (typed.trim() === search) return;
    const rest = setTimeout(() => setSearch(typed.trim()), TYPING_PAUSE_MS);
    return () => clearTimeout(rest);
  }, [typed, search, setSearch]);
  return (
    <Field
      label={text.list.search}
      isLabelHidden
      type="search"
      placeholder={text.list.searchPlaceholder}
      value={typed}
      className="w-56 max-sm:w-full"
      onChange={(event) => setTyped(event.target.value)}
    />
  );
}

interface ListControlsProps {
  sort: Sort;
  onSort: (sort: Sort) => void;
  detailCount: number;
  isOpen: boolean;
  onToggle: () => void;
}

/** Choice of the order, and the button of the filters. */
export function ListControls({ sort, onSort, detailCount, isOpen, onToggle }: ListControlsProps) {
  return (
    <>
      <select
        aria-label={text.list.sort}
        value={sort}
        onChange={(event) => onSort(event.target.value as Sort)}
        className="min-h-9 rounded-lg border border-line bg-panel px-2 text-sm font-medium"
      >
        {SORTS.map((option) => (
          <option key={option} value={option}>
            {text.list.sorts[option]}
          </option>
        ))}
      </select>
      <Button aria-expanded={isOpen} icon={<SlidersHorizontal size={16} aria-hidden />} onClick={onToggle}>
        {text.list.filterButton(detailCount)}
      </Button>
    </>
  );
}

/** Text of a list that its filter leaves empty. */
export function NothingFound({ onClear }: { onClear: () => void }) {
  return (
    <Empty title={text.list.nothingFoundTitle} actions={<Button onClick={onClear}>{text.list.clear}</Button>}>
      {text.list.nothingFound}
    </Empty>
  );
}
