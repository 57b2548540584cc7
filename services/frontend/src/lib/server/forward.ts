/** Forward an HTTP request to the api or the frames service and return its answer, both as streams. */

import { apiBaseUrl, framesBaseUrl } from "./settings";

// https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1, and headers that fetch sets itself.
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

/** Above the api's longest deadline of 60 s: an api that has not started its answer by then hangs. */
export const RESPONSE_TIMEOUT_MS = 75_000;

export function forward(request: Request): Promise<Response> {
  return forwardTo(apiBaseUrl(), request);
}

export async function forwardFrame(request: Request): Promise<Response> {
  const address = framesBaseUrl();
  return address
    ? await forwardTo(address, request)
    : problem(404, "Not Found", "This pipeline has no frames service.");
}

async function forwardTo(address: string, request: Request): Promise<Response> {
  const { pathname, search, host, protocol } = new URL(request.url);
  const headers = without(request.headers, NOT_FORWARDED);
  headers.set("x-forwarded-host", request.headers.get("host") ?? host);
  headers.set("x-forwarded-proto", request.headers.get("x-forwarded-proto") ?? protocol.replace(":", ""));
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), RESPONSE_TIMEOUT_MS);
  const init: RequestInit & { duplex: "half" } = {
    method: request.method,
    headers,
    body: request.body,
    duplex: "half",
    redirect: "manual",
    cache: "no-store",
    signal: AbortSignal.any([request.signal, late.signal]),
  };
  try {
    const answer = await fetch(address + pathname + search, init);
    // fetch has already decoded the body.
    const kept = without(answer.headers, [...NOT_FORWARDED, "content-encoding"]);
    return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers: kept });
  } catch {
    return late.signal.aborted ? gatewayTimeout() : badGateway();
  } finally {
    clearTimeout(timer);
  }
}

function without(headers: Headers, names: readonly string[]): Headers {
  const kept = new Headers(headers);
  for (const name of names) kept.delete(name);
  return kept;
}

function badGateway(): Response {
  const detail = "The dashboard's server cannot reach the api. It may be starting: try again in a moment.";
  return problem(502, "The api does not answer", detail);
}

function gatewayTimeout(): Response {
  return problem(504, "The api does not answer", "The api has not answered in time. Try again in a moment.");
}

function problem(status: number, title: string, detail: string): Response {
  return Response.json(
    { type: "about:blank", title, status, detail },
    { status, headers: { "content-type": "application/problem+json", "retry-after": "5" } },
  );
}
