"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useLive } from "./store";

/** Queries that are reloaded when the pipeline's data changes. Long lists do so themselves: see useInfiniteList. */
const FOLLOWING = ["latest", "video", "dead-letters"] as const;

export function useRefresh(): void {
  const client = useQueryClient();
  const revision = useLive((state) => state.revision);
  useEffect(() => {
    if (revision > 0) for (const name of FOLLOWING) void client.invalidateQueries({ queryKey: [name] });
  }, [client, revision]);
}
