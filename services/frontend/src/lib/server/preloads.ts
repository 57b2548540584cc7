/** First data of each page, which the browser requests together with the page's scripts. Pure. */

import { DEFAULT_RANGE, rangeOf } from "@/features/history/figures";
import { idOf } from "@/features/videos/names";
import { address } from "@/lib/api/call";
import { FIRST } from "@/lib/api/first";

/** Return the addresses that a page asks the api for at its start, as it asks for them. */
export function firstCalls({ pathname, searchParams }: URL): string[] {
  const isFiltered = searchParams.size > 0;
  switch (pathname) {
    case "/login":
      return [];
    case "/":
      return ["/api/config", address("/api/thumbnails", {}, { limit: FIRST.thumbnails })];
    case "/gallery":
      return [
        "/api/config",
        ...(isFiltered ? [] : [address("/api/videos", {}, { limit: FIRST.videos, with_thumbnails: true })]),
      ];
    case "/videos":
      return ["/api/config", ...(isFiltered ? [] : [address("/api/videos", {}, { limit: FIRST.videos })])];
    case "/video": {
      const key = searchParams.get("key");
      return ["/api/config", ...(key ? [address("/api/videos/{key}", { key: idOf(key) }, {})] : [])];
    }
    case "/failures":
      return ["/api/config", "/api/dead-letters"];
    case "/history":
      return [
        "/api/config",
        address("/api/history", {}, { range: rangeOf(searchParams.get("range") ?? DEFAULT_RANGE) }),
        "/api/cost",
      ];
    case "/webhooks":
      return ["/api/config", "/api/webhooks"];
    case "/settings":
      return ["/api/config", "/api/settings"];
    default:
      return ["/api/config"];
  }
}

/** Return the header that lets the browser request them early. It matches them with requests of fetch. */
export function preloadHeader(addresses: readonly string[]): string {
  return addresses.map((one) => `<${one}>; rel=preload; as=fetch; crossorigin=anonymous`).join(", ");
}
