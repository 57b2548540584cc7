"use client";

import { usePathname, useSearchParams } from "next/navigation";
import { useCallback } from "react";

/** Keep a filter in the address: it survives a reload, and a shared link shows the same. Back undoes a choice, and the
 * whole of a typed text at once.
 */
export function useSearchParameter(name: string, isText = false): [string, (value: string) => void] {
  const pathname = usePathname();
  const value = useSearchParams().get(name) ?? "";
  const set = useCallback(
    (next: string) => {
      const search = new URLSearchParams(window.location.search);
      if (next) search.set(name, next);
      else search.delete(name);
      const address = search.size > 0 ? `${pathname}?${search}` : pathname;
      if (address === window.location.pathname + window.location.search) return;
      const isTyping = isText && next !== "" && value !== "";
      // Next.js follows the browser's history; its router would request the same page from the server again.
      if (isTyping) window.history.replaceState(null, "", address);
      else window.history.pushState(null, "", address);
    },
    [name, pathname, isText, value],
  );
  return [value, set];
}

/** Return several parameters of the address. */
export function useSearchParameters<Name extends string>(names: readonly Name[]): Record<Name, string> {
  const search = useSearchParams();
  return Object.fromEntries(names.map((name) => [name, search.get(name) ?? ""])) as Record<Name, string>;
}

/** Set or, with an empty text, remove parameters of the address, as one step for Back. */
export function setSearchParameters(values: Readonly<Record<string, string>>): void {
  const search = new URLSearchParams(window.location.search);
  for (const [name, value] of Object.entries(values)) {
    if (value) search.set(name, value);
    else search.delete(name);
  }
  const { pathname } = window.location;
  const address = search.size > 0 ? `${pathname}?${search}` : pathname;
  if (address !== pathname + window.location.search) window.history.pushState(null, "", address);
}
