/** Run before every page: set a content security policy with a fresh nonce, and announce the page's first calls of the
 * api; rewrite `/ws` to the api.
 *
 * `/api` does not pass here: this layer buffers request bodies and cuts them at 10 MB. See app/api/[...path]/route.ts.
 * Nor do `/docs`, `/openapi.json` and the pictures under `/t` and `/f`, which have the api's own policy.
 */

import { type NextRequest, NextResponse } from "next/server";
import { firstCalls, preloadHeader } from "@/lib/server/preloads";
import { contentSecurityPolicy, STRICT_TRANSPORT } from "@/lib/server/security-headers";
import { apiBaseUrl, storageOrigin } from "@/lib/server/settings";

export function proxy(request: NextRequest): NextResponse {
  if (request.nextUrl.pathname === "/ws") {
    return NextResponse.rewrite(new URL(`/ws${request.nextUrl.search}`, apiBaseUrl()));
  }
  const nonce = Buffer.from(crypto.randomUUID()).toString("base64");
  const policy = contentSecurityPolicy({
    nonce,
    storageOrigin: storageOrigin(),
    isDevelopment: process.env.NODE_ENV === "development",
  });
  const headers = new Headers(request.headers);
  // Next.js reads the nonce from here and puts it on its own scripts.
  headers.set("Content-Security-Policy", policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("Content-Security-Policy", policy);
  // Not while the user moves between pages: the page may have the data, and would take this answer much later.
  const calls = request.headers.get("sec-fetch-dest") === "document" ? firstCalls(request.nextUrl) : [];
  if (calls.length > 0) response.headers.set("Link", preloadHeader(calls));
  if (request.headers.get("x-forwarded-proto") === "https") {
    response.headers.set("Strict-Transport-Security", STRICT_TRANSPORT);
  }
  return response;
}

export const config = { matcher: ["/((?!api/|f/|t/|docs$|docs/|openapi\\.json$|_next/static/|health$).*)"] };
