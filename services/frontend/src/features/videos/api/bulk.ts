"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { showToast } from "@/components/ui/toasts";
import { call } from "@/lib/api/call";
import { type BulkResult, runForEach } from "@/lib/bulk";
import { text } from "@/text";
import { idOf, nameOf } from "../names";

const CALLS = {
  dismiss: (key: string) => call("post", "/api/videos/{key}/dismissal", { path: { key: idOf(key) } }),
  undismiss: (key: string) => call("delete", "/api/videos/{key}/dismissal", { path: { key: idOf(key) } }),
  regenerate: (key: string) => call("post", "/api/videos/{key}/regenerations", { path: { key: idOf(key) } }),
  retry: (key: string) => call("post", "/api/videos/{key}/retry", { path: { key: idOf(key) } }),
  delete: (key: string) => call("delete", "/api/videos/{key}", { path: { key: idOf(key) } }),
  restore: (key: string) => call("post", "/api/videos/{key}/restoration", { path: { key: idOf(key) } }),
} as const;

export type VideoAction = keyof typeof CALLS;

const UNDO: Partial<Record<VideoAction, VideoAction>> = { dismiss: "undismiss", delete: "restore" };

/** Run an action on many videos. `progress` is null unless it runs. */
export function useVideoAction() {
  const client = useQueryClient();
  const [progress, setProgress] = useState<{ action: VideoAction; ended: number; total: number } | null>(null);
  const mutation = useMutation({
    mutationFn: ({ action, keys }: { action: VideoAction; keys: readonly string[] }) =>
      runForEach(keys, CALLS[action], (ended) => setProgress({ action, ended, total: keys.length })),
    onMutate: ({ action, keys }) => setProgress({ action, ended: 0, total: keys.length }),
    onSuccess: (result, { action }) => {
      report(action, result, (undo) => mutation.mutate({ action: undo, keys: result.done }));
      void client.invalidateQueries();
    },
    onSettled: () => setProgress(null),
  });
  return { run: mutation.mutate, progress };
}

function report(action: VideoAction, { done, failed }: BulkResult, undo: (action: VideoAction) => void): void {
  const reverse = UNDO[action];
  if (done.length > 0)
    showToast({
      tone: "good",
      title: text.bulk.done[action](done.length),
      ...(reverse ? { action: { label: text.common.undo, run: () => undo(reverse) } } : {}),
    });
  if (failed.length > 0)
    showToast({
      tone: "bad",
      title: text.bulk.failed(failed.length),
      detail: failed
        .slice(0, 5)
        .map(({ key, reason }) => `${nameOf(key)}: ${reason}`)
        .join(" "),
    });
}
