/** Object keys as people read them: keys themselves are never shown, as they may hold characters that deceive. */

import { visible } from "@/lib/escape-invisible";

const UPLOADS = "uploads/";

/** The name that a video was uploaded under. */
export function nameOf(key: string): string {
  return visible(key.startsWith(UPLOADS) ? key.slice(UPLOADS.length) : key);
}

/** The last part of the name, without its folders. */
export function baseName(key: string): string {
  return visible(key.slice(key.lastIndexOf("/") + 1) || key);
}

/** The key as one segment of a path, as the api takes it: `~` and base64url, so that no `..` or `//` is resolved. */
export function idOf(key: string): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(key));
  return `~${btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

/** The page of a video. The key is a parameter: in a path, browsers would resolve `..` and `//`. */
export function pageOf(key: string): string {
  return `/video?key=${encodeURIComponent(key)}`;
}
