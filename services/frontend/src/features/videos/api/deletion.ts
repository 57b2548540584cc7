"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { showToast } from "@/components/ui/toasts";
import { call } from "@/lib/api/call";
import { asProblem } from "@/lib/api/problem";
import { text } from "@/text/pages/video";
import { idOf } from "../names";

/** Delete a video, with its upload if asked; the message offers to undo it, if the bucket can. */
export function useDelete(key: string) {
  const client = useQueryClient();
  const restore = useMutation({
    mutationFn: () => call("post", "/api/videos/{key}/restoration", { path: { key: idOf(key) } }),
    onSuccess: () => {
      showToast({ tone: "good", title: text.video.restored });
      void client.invalidateQueries();
    },
    onError: (error) => showToast({ tone: "bad", title: text.video.restoreFailed, detail: asProblem(error).message }),
  });
  return useMutation({
    mutationFn: (withUpload: boolean) =>
      call("delete", "/api/videos/{key}", {
        path: { key: idOf(key) },
        query: withUpload ? { upload: true } : {},
      }),
    onSuccess: ({ restorable }) => {
      showToast({
        tone: "good",
        title: text.video.deleted,
        ...(restorable
          ? { action: { label: text.common.undo, run: () => restore.mutate() } }
          : { detail: text.video.deletedFinally }),
      });
      void client.invalidateQueries();
    },
  });
}
