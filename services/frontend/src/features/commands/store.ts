/** State of the command palette and of the overlays that it opens. */

import { createStore, useStore } from "zustand";

type Overlay = "palette" | "keys" | "reconcile" | "processing" | null;

const SINGLE_KEYS = "single-keys";

const commands = createStore<{ open: Overlay }>(() => ({ open: null }));

export function useOverlay(): Overlay {
  return useStore(commands, (state) => state.open);
}

export function openOverlay(open: Overlay): void {
  commands.setState({ open });
}

/** Return false if the user has turned off keys without Ctrl, which speech input can press by accident. */
export function hasSingleKeys(): boolean {
  return window.localStorage.getItem(SINGLE_KEYS) !== "off";
}

export function setSingleKeys(isOn: boolean): void {
  if (isOn) window.localStorage.removeItem(SINGLE_KEYS);
  else window.localStorage.setItem(SINGLE_KEYS, "off");
}
