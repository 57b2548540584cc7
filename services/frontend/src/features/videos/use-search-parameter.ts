"use client";

import { usePathname, useSearchParams } from "next/navigation";
import { useCallback } from "react";

/** Keep a filter in the address: it survives a reload, and a shared link shows the same. */
export function useSearchParameter(name: string): [string, (value: string) => void] {
  const pathname = usePathname();
  const value = useSearchParams().get(name) ?? "";
  const set = useCallback(
    (next: string) => {
      const search = new URLSearchParams(window.location.search);
      if (next) search.set(name, next);
      else search.delete(name);
      // Next.js follows the browser's history; its router would request the same page from the server again.
      window.history.replaceState(null, "", search.size > 0 ? `${pathname}?${search}` : pathname);
    },
    [name, pathname],
  );
  return [value, set];
}
