"use client";

import { useQuery } from "@tanstack/react-query";
import { call, whenUnauthorized } from "@/lib/api/call";
import type { Config } from "@/lib/api/models";
import { announce } from "@/components/ui/toasts";
import { asProblem } from "@/lib/api/problem";

/** What a client must know of the pipeline, and who one is. Null until it is known. */
export function useConfig(): Config | null {
  const { data } = useQuery({
    queryKey: ["config"],
    queryFn: ({ signal }) => call("get", "/api/config", { signal }),
    staleTime: 300_000,
  });
  return data ?? null;
}

/** Whether one may act. Viewers are not shown what they may not do; the api refuses it in any case. */
export function useIsOperator(): boolean {
  return useConfig()?.role === "operator";
}

/** Ends the session and leads to the login. A new document: nothing of what was seen stays in this one's memory. */
export async function logout(): Promise<void> {
  try {
    await call("delete", "/api/session");
    // What is still asked for is refused from now on, and need not be told to the one who has just logged out.
    whenUnauthorized(() => undefined);
    window.location.assign(new URL("/login", window.location.origin));
  } catch (error) {
    const problem = asProblem(error);
    announce({ tone: "bad", title: problem.title, detail: problem.detail, retry: () => void logout() });
  }
}
