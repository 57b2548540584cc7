"use client";

import { useQuery } from "@tanstack/react-query";
import { call, setUnauthorizedHandler } from "@/lib/api/call";
import type { Config } from "@/lib/api/models";
import { showToast } from "@/components/ui/toasts";
import { asProblem } from "@/lib/api/problem";

/** Return the pipeline's settings and the user's role, or null until they are loaded. */
export function useConfig(): Config | null {
  const { data } = useQuery({
    queryKey: ["config"],
    queryFn: ({ signal }) => call("get", "/api/config", { signal }),
    staleTime: 300_000,
  });
  return data ?? null;
}

/** Return true for operators. Viewers do not see actions that the api would refuse. */
export function useIsOperator(): boolean {
  return useConfig()?.role === "operator";
}

/** End the session and load the login as a new document, so that no data stays in memory. */
export async function logout(): Promise<void> {
  try {
    await call("delete", "/api/session");
    // Requests in progress will get 401; they must not redirect after a logout.
    setUnauthorizedHandler(() => undefined);
    window.location.assign(new URL("/login", window.location.origin));
  } catch (error) {
    const problem = asProblem(error);
    showToast({ tone: "bad", title: problem.title, detail: problem.detail, retry: () => void logout() });
  }
}
