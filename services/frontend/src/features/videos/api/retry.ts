"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { showToast } from "@/components/ui/toasts";
import { call } from "@/lib/api/call";
import { asProblem } from "@/lib/api/problem";
import { text } from "@/text";
import { idOf } from "../names";

/** Return the retry of one video as a mutation, which shows its result as a message. */
export function useRetry(key: string) {
  const client = useQueryClient();
  const retry = useMutation({
    mutationFn: () => call("post", "/api/videos/{key}/retry", { path: { key: idOf(key) } }),
    onSuccess: () => {
      showToast({ tone: "good", title: text.video.retried });
      void client.invalidateQueries({ queryKey: ["video", key] });
    },
    onError: (error) =>
      showToast({
        tone: "bad",
        title: text.video.retryFailed,
        detail: asProblem(error).message,
        retry: () => retry.mutate(),
      }),
  });
  return retry;
}
