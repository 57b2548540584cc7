"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useLive } from "./store";

/** What is loaded anew when the pipeline has news. Long lists look after themselves: see useEndless. */
const FOLLOWING = ["latest", "video", "dead-letters"] as const;

export function useRefreshes(): void {
  const client = useQueryClient();
  const news = useLive((state) => state.news);
  useEffect(() => {
    if (news > 0) for (const name of FOLLOWING) void client.invalidateQueries({ queryKey: [name] });
  }, [client, news]);
}
