/** Numbers of entries that the pages ask for first. The server announces the same calls: see lib/server/preloads.ts. */
export const FIRST = {
  videos: 100,
  /** Twelve videos with the three default positions. */
  thumbnails: 36,
} as const;
