/** Address of the lightbox: `show` is the key of its video, `at` the second of its picture. Back closes it. */

import { OVERLAY_PARAMETERS } from "@/lib/scroll-place";

export const [SHOW, AT] = OVERLAY_PARAMETERS;

/** Return the state of history entries that opening makes: the entry before has the page without the lightbox.
 *
 * A new object each time: Next.js adds its own state to it, and ignores changes of the address that have such a state.
 */
const mark = () => ({ lightbox: true });

interface Change {
  show: string | null;
  atS: number | null;
}

/** Open the lightbox with a video, at a moment if it is given. */
export function openLightbox(show: string, atS: number | null = null): void {
  window.history.pushState(mark(), "", addressOf({ show, atS }));
}

/** Show another video, or another moment of the same one, without a history entry. */
export function moveLightbox(show: string, atS: number | null = null): void {
  window.history.replaceState(isOpenedHere() ? mark() : null, "", addressOf({ show, atS }));
}

/** Close the lightbox: go back if it was opened on this page, else only change the address. */
export function closeLightbox(): void {
  if (!new URLSearchParams(window.location.search).has(SHOW)) return;
  if (isOpenedHere()) window.history.back();
  else window.history.replaceState(null, "", addressOf({ show: null, atS: null }));
}

/** Return the second in the address, null if it is none. */
export function momentOf(text: string | null): number | null {
  const seconds = Number(text ?? "");
  return text && Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
}

function isOpenedHere(): boolean {
  return (window.history.state as { lightbox?: boolean } | null)?.lightbox === true;
}

function addressOf({ show, atS }: Change): string {
  const search = new URLSearchParams(window.location.search);
  for (const name of OVERLAY_PARAMETERS) search.delete(name);
  if (show !== null) search.set(SHOW, show);
  if (show !== null && atS !== null) search.set(AT, String(Number(atS.toFixed(2))));
  const { pathname } = window.location;
  return search.size > 0 ? `${pathname}?${search}` : pathname;
}
