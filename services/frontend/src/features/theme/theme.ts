export const THEMES = ["system", "light", "dark"] as const;

export type Theme = (typeof THEMES)[number];

/** A cookie, so that the server's first response already has the right colours. */
export const THEME_COOKIE = "theme";

const YEAR_S = 31_536_000;

export function parseTheme(value: string | undefined): Theme {
  return THEMES.find((theme) => theme === value) ?? "system";
}

export function currentTheme(): Theme {
  return parseTheme(document.documentElement.dataset.theme);
}

export function applyTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  document.cookie = `${THEME_COOKIE}=${theme}; path=/; max-age=${YEAR_S}; samesite=strict`;
  window.dispatchEvent(new Event(THEME_CHANGED));
}

export const THEME_CHANGED = "themechange";

/** Call back when the colours change, by the user's choice or by the system. */
export function onThemeChange(callback: () => void): () => void {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", callback);
  window.addEventListener(THEME_CHANGED, callback);
  return () => {
    system.removeEventListener("change", callback);
    window.removeEventListener(THEME_CHANGED, callback);
  };
}

/** Return the value of a colour token, for drawing on a canvas. */
export function colour(token: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${token}`).trim();
}
