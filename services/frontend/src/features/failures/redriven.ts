/** Redriven videos, each followed until it has finished. */

import { createStore, useStore } from "zustand";
import { serverNowMs } from "@/features/live/api/store";
import { followVideo } from "@/features/videos/api/follow-video";
import type { Video } from "@/lib/api/models";

export interface RedrivenVideo {
  key: string;
  /** Null until a worker takes the video again. */
  video: Video | null;
}

const AT_ONCE = 8;

const store = createStore<{ videos: readonly RedrivenVideo[] }>(() => ({ videos: [] }));

let following = new AbortController();

export function followRedriven(keys: readonly string[], sinceMs = serverNowMs()): void {
  const { signal } = following;
  store.setState(({ videos }) => ({
    videos: [...keys.map((key) => ({ key, video: null })), ...videos.filter(({ key }) => !keys.includes(key))],
  }));
  const waiting = [...keys];
  // A few at a time: a redrive of thousands must not send thousands of requests.
  const follow = async () => {
    for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) {
      const followed = key;
      await followVideo(followed, { signal, sinceMs, onChange: (video) => put(followed, video) });
    }
  };
  for (let lane = 0; lane < AT_ONCE; lane += 1) follow().catch(() => undefined);
}

function put(key: string, video: Video): void {
  store.setState(({ videos }) => ({ videos: videos.map((entry) => (entry.key === key ? { key, video } : entry)) }));
}

/** Return true while the list of dead letters may lack videos that have failed again. */
export function isListBehind(videos: readonly RedrivenVideo[], listed: ReadonlySet<string>): boolean {
  return videos.some(({ key, video }) => video?.state === "failed" && !listed.has(key));
}

export function useRedriven() {
  const videos = useStore(store, (state) => state.videos);
  return { videos, clear };
}

function clear(): void {
  following.abort();
  following = new AbortController();
  store.setState({ videos: [] });
}
