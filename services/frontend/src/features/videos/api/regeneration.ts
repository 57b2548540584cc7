"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { showToast } from "@/components/ui/toasts";
import { call } from "@/lib/api/call";
import { text } from "@/text";
import { idOf } from "../names";
import type { Options } from "../options";

/** Queue a video for new thumbnails, with options in place of the settings of the workers. */
export function useRegenerate(key: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Options) => call("post", "/api/videos/{key}/regenerations", { path: { key: idOf(key) }, body }),
    onSuccess: () => {
      showToast({ tone: "good", title: text.bulk.done.regenerate(1) });
      void client.invalidateQueries({ queryKey: ["video", key] });
    },
  });
}
