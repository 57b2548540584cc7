/** Names and addresses of object keys. Raw keys are never shown, because they may contain deceptive characters. */

import { escapeInvisible } from "@/lib/escape-invisible";

const UPLOADS = "uploads/";

/** Return the name that a video was uploaded under. */
export function nameOf(key: string): string {
  return escapeInvisible(key.startsWith(UPLOADS) ? key.slice(UPLOADS.length) : key);
}

const TEST_FOLDER = /^uploads\/test-\d{8}T\d{6,}\//;

/** Return true for a video that Test pipeline has copied: the api gives each test a folder of this form. */
export function isTestVideo(key: string): boolean {
  return TEST_FOLDER.test(key);
}

/** Return the last part of the name, without its folders. */
export function baseName(key: string): string {
  return escapeInvisible(key.slice(key.lastIndexOf("/") + 1) || key);
}

/** Return the key as one path segment for the api: `~` and base64url, so that no `..` or `//` is resolved. */
export function idOf(key: string): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(key));
  return `~${btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

/** Return the page of a video. The key is a parameter: in a path, browsers would resolve `..` and `//`. */
export function pageOf(key: string): string {
  return `/video?key=${encodeURIComponent(key)}`;
}
