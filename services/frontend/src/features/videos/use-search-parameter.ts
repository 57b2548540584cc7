"use client";

import { usePathname, useSearchParams } from "next/navigation";
import { useCallback } from "react";

/** A filter that lives in the address: it survives a reload, and a link shows the same to others. */
export function useSearchParameter(name: string): [string, (value: string) => void] {
  const pathname = usePathname();
  const value = useSearchParams().get(name) ?? "";
  const set = useCallback(
    (next: string) => {
      const search = new URLSearchParams(window.location.search);
      if (next) search.set(name, next);
      else search.delete(name);
      // Next.js follows the browser's own history; its router would ask the server for the same page again.
      window.history.replaceState(null, "", search.size > 0 ? `${pathname}?${search}` : pathname);
    },
    [name, pathname],
  );
  return [value, set];
}
