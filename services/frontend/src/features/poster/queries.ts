"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { showToast } from "@/components/ui/toasts";
import { idOf } from "@/features/videos/names";
import { call, type Schemas } from "@/lib/api/call";
import type { VideoDetails } from "@/lib/api/models";
import { asProblem } from "@/lib/api/problem";
import { text } from "@/text/pages/poster";

type Choice = Schemas["VideoChange"]["poster"];

const POLL_INTERVAL_MS = 250;
/** After this time the page says that the video waits for a worker. */
const LONG_MS = 5000;
/** A choice that rests this long is shown as the exact frame. */
const REST_MS = 150;
const PREVIEW_WIDTH_PX = 640;
const FRAME = { columns: 1, rows: 1, fps: 5, form: "frame", format: "jpeg", quality: 82 } as const;

export interface PosterChange {
  /** Pin a frame, or let one be chosen with null. */
  change: (choice: Choice) => void;
  isWaiting: boolean;
  isLong: boolean;
}

/** Change the poster of a video, and load the video again until a worker has made it. */
export function useChangePoster(video: VideoDetails): PosterChange {
  const client = useQueryClient();
  const { key, updated_at: updatedAt, state } = video;
  const [change, setChange] = useState<{ choice: Choice; before: string } | null>(null);
  const [isLong, setLong] = useState(false);
  const { mutate, isPending } = useMutation({
    mutationFn: (choice: Choice) =>
      call("patch", "/api/videos/{key}", { path: { key: idOf(key) }, body: { poster: choice } }),
    onSuccess: (_, choice) => {
      setLong(false);
      setChange({ choice, before: updatedAt });
    },
    onError: (error) => showToast({ tone: "bad", title: text.failed, detail: asProblem(error).message }),
  });
  const isMade = change !== null && updatedAt !== change.before && state !== "processing";

  useEffect(() => {
    if (change === null || isMade) return;
    const poll = setInterval(() => void client.refetchQueries({ queryKey: ["video", key] }), POLL_INTERVAL_MS);
    const long = setTimeout(() => setLong(true), LONG_MS);
    return () => {
      clearInterval(poll);
      clearTimeout(long);
    };
  }, [client, key, change, isMade]);

  useEffect(() => {
    if (change === null || !isMade) return;
    // The choice has ended: the next render waits no longer.
    // eslint-disable-next-line react-hooks/set-state-in-effect
    setChange(null);
    report(video, change.choice);
  }, [video, change, isMade]);

  return { change: mutate, isWaiting: isPending || (change !== null && !isMade), isLong };
}

function report({ poster, state }: VideoDetails, choice: Choice): void {
  if (state === "failed" || !poster) showToast({ tone: "bad", title: text.failed, detail: text.gone });
  else if (choice && !poster.is_pinned) showToast({ tone: "bad", title: text.failed, detail: text.notReached });
  else showToast({ tone: "good", title: text.made });
}

/** Return the URL of the frame at a time from the frames service, null until the time has rested and it is signed. */
export function useFrameUrl(key: string, timeS: number | null, isEnabled: boolean): string | null {
  const [restedS, setRestedS] = useState<number | null>(null);
  useEffect(() => {
    const rest = setTimeout(() => setRestedS(timeS), REST_MS);
    return () => clearTimeout(rest);
  }, [timeS]);
  const { data } = useQuery({
    queryKey: ["frame-url", key, restedS],
    queryFn: async ({ signal }) => {
      const frame = { ...FRAME, time_s: restedS ?? 0, width_px: PREVIEW_WIDTH_PX };
      const { items } = await call("post", "/api/videos/{key}/frame-urls", {
        path: { key: idOf(key) },
        body: { frames: [frame], lifetime_s: 600 },
        signal,
      });
      return items[0]?.url ?? null;
    },
    enabled: isEnabled && restedS !== null && restedS === timeS,
    staleTime: 300_000,
    retry: false,
  });
  return restedS === timeS ? (data ?? null) : null;
}
