"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { showToast } from "@/components/ui/toasts";
import { serverNowMs } from "@/features/live/api/store";
import { call } from "@/lib/api/call";
import { asProblem } from "@/lib/api/problem";
import { text } from "@/text/pages/failures";
import { followRedriven } from "./redriven";

/** Limit of the api for one request. */
const KEYS_AT_ONCE = 1000;

export function useDeadLetters() {
  return useQuery({
    queryKey: ["dead-letters"],
    queryFn: ({ signal }) => call("get", "/api/dead-letters", { signal }),
  });
}

/** Redrive dead letters: those with these keys, or all. */
export function useRedrive() {
  const client = useQueryClient();
  const redrive = useMutation({
    mutationFn: async (keys: readonly string[] | "all") => {
      const sinceMs = serverNowMs();
      const body = keys === "all" ? {} : { keys: keys.slice(0, KEYS_AT_ONCE) };
      const answer = await call("post", "/api/dead-letters/redrive", { body });
      followRedriven(answer.keys, sinceMs);
      return answer.redriven;
    },
    onSuccess: (count) => showToast({ tone: "good", title: text.failures.redriven(count) }),
    onError: (error, keys) =>
      showToast({
        tone: "bad",
        title: text.failures.redriveFailed,
        detail: asProblem(error).message,
        retry: () => redrive.mutate(keys),
      }),
    onSettled: () => client.invalidateQueries({ queryKey: ["dead-letters"] }),
  });
  return redrive;
}
