"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { call } from "@/lib/api/call";
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

/** Ends the session and leads to the login. */
export function useLogout(): () => Promise<void> {
  const router = useRouter();
  const client = useQueryClient();
  return async function logout() {
    try {
      await call("delete", "/api/session");
      client.clear();
      router.push("/login");
    } catch (error) {
      const problem = asProblem(error);
      announce({ tone: "bad", title: problem.title, detail: problem.detail, retry: () => void logout() });
    }
  };
}
