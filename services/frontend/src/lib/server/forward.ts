/** Passes an HTTP request on to the api and its answer back, both as streams. */

import { apiBaseUrl } from "./settings";

// https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1, and what fetch works out anew on its own.
const NOT_FORWARDED = [
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

export async function forward(request: Request): Promise<Response> {
  const { pathname, search, host, protocol } = new URL(request.url);
  const headers = without(request.headers, NOT_FORWARDED);
  headers.set("x-forwarded-host", request.headers.get("host") ?? host);
  headers.set("x-forwarded-proto", request.headers.get("x-forwarded-proto") ?? protocol.replace(":", ""));
  const init: RequestInit & { duplex: "half" } = {
    method: request.method,
    headers,
    body: request.body,
    duplex: "half",
    redirect: "manual",
    cache: "no-store",
    signal: request.signal,
  };
  try {
    const answer = await fetch(apiBaseUrl() + pathname + search, init);
    // fetch has decoded the body already.
    const kept = without(answer.headers, [...NOT_FORWARDED, "content-encoding"]);
    return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers: kept });
  } catch {
    return apiIsAway();
  }
}

function without(headers: Headers, names: readonly string[]): Headers {
  const kept = new Headers(headers);
  for (const name of names) kept.delete(name);
  return kept;
}

function apiIsAway(): Response {
  const problem = {
    type: "about:blank",
    title: "The api does not answer",
    status: 502,
    detail: "The dashboard's server cannot reach the api. It may be starting: try again in a moment.",
  };
  return Response.json(problem, {
    status: 502,
    headers: { "content-type": "application/problem+json", "retry-after": "5" },
  });
}
