"use client";

import { Button } from "@/components/ui/button";
import { text } from "@/text";
import type { Sort } from "../sort";

/** Pages of the api that one press adds. */
const PAGES_MORE = 5;

interface PartialOrderProps {
  sort: Sort;
  count: number;
  isLoading: boolean;
  onLoad: (pages: number) => void;
}

/** Note that only the loaded videos are sorted, because the api has no index for this order. */
export function PartialOrder({ sort, count, isLoading, onLoad }: PartialOrderProps) {
  return (
    <div className="mb-3 flex flex-wrap items-center gap-x-3 gap-y-1 rounded-lg bg-warn-soft py-1.5 pr-1.5 pl-4">
      <p role="status" className="text-warn">
        {text.list.partial(text.list.sorts[sort], count)}
      </p>
      <Button className="ml-auto" disabled={isLoading} onClick={() => onLoad(PAGES_MORE)}>
        {isLoading ? text.common.loading : text.list.loadMore}
      </Button>
    </div>
  );
}
