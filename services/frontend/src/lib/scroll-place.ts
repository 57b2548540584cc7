/** Place in a long list, kept for each address while the tab lives: Back returns to it. */

const places = new Map<string, number>();
let returnsTo: string | null = null;

/** Parameters of the address that open something over the page: the page behind it is the same. */
export const OVERLAY_PARAMETERS = ["show", "at"] as const;

function here(): string {
  const search = new URLSearchParams(window.location.search);
  for (const name of OVERLAY_PARAMETERS) search.delete(name);
  return `${window.location.pathname}?${search}`;
}

/** Note that the browser goes back or forward to the current address. */
export function noteReturn(): void {
  returnsTo = here();
}

/** Keep the place until the page is left, for each of its filters. Returns a function that stops. */
export function keepPlace(): () => void {
  const { pathname } = window.location;
  const keep = () => {
    // A page that is being left scrolls to the top of the next one.
    if (window.location.pathname === pathname) places.set(here(), window.scrollY);
  };
  window.addEventListener("scroll", keep, { passive: true });
  return () => window.removeEventListener("scroll", keep);
}

/** Return the place to scroll to, or null if the user came by a link. */
export function takePlace(): number | null {
  const isReturn = returnsTo === here();
  returnsTo = null;
  return isReturn ? (places.get(here()) ?? null) : null;
}
