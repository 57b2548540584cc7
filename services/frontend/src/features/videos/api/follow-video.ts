/** Follow one video until it has finished. */

import { call } from "@/lib/api/call";
import { asProblem } from "@/lib/api/problem";
import { idOf } from "../names";
import type { VideoDetails } from "@/lib/api/models";

const FIRST_WAIT_MS = 600;
const MAX_WAIT_MS = 5000;

export interface FollowOptions {
  signal: AbortSignal;
  /** Ignore results that finished before this time, by the server's clock. They belong to an earlier attempt. */
  sinceMs?: number;
  onChange: (video: VideoDetails) => void;
  load?: (key: string, signal: AbortSignal) => Promise<VideoDetails>;
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Resolve with the finished video. Failed requests are repeated, so that following survives a restart of the api. */
export async function followVideo(key: string, options: FollowOptions): Promise<VideoDetails> {
  const { signal, sinceMs = 0, onChange, load = loadVideo, wait = pause } = options;
  let seen = "";
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 1.25, MAX_WAIT_MS)) {
    const video = await loadOrNull(load, key, signal);
    if (video && !isEarlier(video, sinceMs)) {
      const stamp = `${video.state} ${video.updated_at}`;
      if (stamp !== seen) {
        seen = stamp;
        waitMs = FIRST_WAIT_MS;
        onChange(video);
      }
      if (video.state !== "processing") return video;
    }
    await wait(waitMs, signal);
  }
}

function isEarlier(video: VideoDetails, sinceMs: number): boolean {
  return Date.parse(video.finished_at ?? video.updated_at) < sinceMs;
}

async function loadOrNull(
  load: NonNullable<FollowOptions["load"]>,
  key: string,
  signal: AbortSignal,
): Promise<VideoDetails | null> {
  try {
    return await load(key, signal);
  } catch (error) {
    signal.throwIfAborted();
    const problem = asProblem(error);
    // 404: no worker has taken it yet. 401: the user is logging in, and following continues after that.
    if (problem.isRetryable || problem.status === 404 || problem.status === 401) return null;
    throw problem;
  }
}

function loadVideo(key: string, signal: AbortSignal): Promise<VideoDetails> {
  return call("get", "/api/videos/{key}", { path: { key: idOf(key) }, signal });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
