/** Typed calls to the api: path, method, parameters, body and answer come from its OpenAPI document. */

import { asProblem, problemOf } from "./problem";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

type Method = "get" | "post" | "put" | "patch" | "delete";
type PathsWith<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never;
}[keyof paths];
type Operation<P extends keyof paths, M extends Method> = paths[P] extends Record<M, infer O> ? O : never;
type Json<C> = C extends { content: { "application/json": infer B } } ? B : undefined;
type Good<R> = { [S in keyof R]: S extends 200 | 201 | 202 | 204 ? Json<R[S]> : never }[keyof R];
export type AnswerOf<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { responses: infer R } ? Good<R> : never;
type Part<O, N extends "query" | "path"> = O extends { parameters: infer Q }
  ? N extends keyof Q
    ? Q[N]
    : never
  : never;
type BodyOf<O> = O extends { requestBody?: infer B } ? Json<NonNullable<B>> : never;

export interface CallOptions<P extends keyof paths, M extends Method> {
  query?: Part<Operation<P, M>, "query">;
  path?: Part<Operation<P, M>, "path">;
  body?: BodyOf<Operation<P, M>>;
  signal?: AbortSignal;
}

/** Called on every 401; `hadSession` is false if this page never had one. */
type UnauthorizedHandler = (hadSession: boolean) => void;

let onUnauthorized: UnauthorizedHandler = () => undefined;
let hadSession = false;
let logins = 0;

export function setUnauthorizedHandler(callback: UnauthorizedHandler): void {
  onUnauthorized = callback;
}

/** Return the answer's body. Throws a `Problem` unless the status is 2xx, and the signal's reason if aborted. */
export async function call<M extends Method, P extends PathsWith<M>>(
  method: M,
  path: P,
  { query, path: parts, body, signal }: CallOptions<P, M> = {},
): Promise<AnswerOf<P, M>> {
  const init: RequestInit = { method: method.toUpperCase(), headers: { accept: "application/json" } };
  // A preload of the first document may have got 401, and the browser would hand that answer to a later request. It does
  // so only for the same mode of credentials; to our own origin, both modes send the cookie.
  if (logins > 0) init.credentials = "include";
  if (body !== undefined) {
    init.headers = { ...init.headers, "content-type": "application/json" };
    init.body = JSON.stringify(body);
  }
  if (signal) init.signal = signal;
  const loginsBefore = logins;
  let response: Response;
  try {
    response = await fetch(address(path, parts, query), init);
  } catch (error) {
    signal?.throwIfAborted();
    throw asProblem(error);
  }
  if (!response.ok) {
    // An answer to a call from before the login says nothing about the new session.
    if (response.status === 401 && path !== "/api/session" && logins === loginsBefore) onUnauthorized(hadSession);
    throw await problemOf(response);
  }
  hadSession = true;
  if (path === "/api/session" && method === "post") logins += 1;
  if (response.status === 204) return undefined as AnswerOf<P, M>;
  return (await response.json()) as AnswerOf<P, M>;
}

/** Fill in the path's parameters. Slashes in them are escaped too: a `..` must not leave the path. */
export function address(path: string, parts: object | undefined, query: object | undefined): string {
  let filled = path;
  for (const [name, value] of Object.entries(parts ?? {})) {
    filled = filled.replace(`{${name}}`, encodeURIComponent(String(value)));
  }
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== "") search.set(name, String(value));
  }
  return search.size > 0 ? `${filled}?${search}` : filled;
}
