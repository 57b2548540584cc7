/** Keys of the dashboard, and their meaning. Pure. */

export type Target = "/" | "/gallery" | "/videos" | "/failures" | "/history" | "/logs" | "/webhooks" | "/settings";

export type KeyAction = { kind: "go"; to: Target } | { kind: "palette" } | { kind: "keys" } | { kind: "upload" };

export interface KeyPress {
  key: string;
  /** True with Ctrl, or with Command on a Mac. */
  isCommand: boolean;
  isTyping: boolean;
}

const PAGES: Readonly<Record<string, Target>> = {
  o: "/",
  g: "/gallery",
  v: "/videos",
  f: "/failures",
  h: "/history",
  l: "/logs",
  w: "/webhooks",
  s: "/settings",
};

/** Return the action of a key, null if it has none; `before` is the key before it, if that was a moment ago.
 *
 * Only the palette's key works while the user types, or if single keys are off.
 */
export function actionOf(press: KeyPress, before: string | null, hasSingleKeys = true): KeyAction | null {
  if (press.isCommand) return press.key.toLowerCase() === "k" ? { kind: "palette" } : null;
  if (press.isTyping || !hasSingleKeys) return null;
  if (before === "g") {
    const to = PAGES[press.key];
    return to ? { kind: "go", to } : null;
  }
  if (press.key === "/") return { kind: "palette" };
  if (press.key === "?") return { kind: "keys" };
  return press.key === "u" ? { kind: "upload" } : null;
}
