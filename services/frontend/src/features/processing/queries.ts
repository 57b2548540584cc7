"use client";

import { useMutation } from "@tanstack/react-query";
import { call } from "@/lib/api/call";

/** Pause or resume. The new state also arrives over the socket. */
export function useSetProcessing() {
  return useMutation({
    mutationFn: (paused: boolean) => call("put", "/api/processing", { body: { paused } }),
  });
}
