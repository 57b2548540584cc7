/** One test run: its videos, followed until all have finished. It continues while its dialog is closed. */

import { createStore, useStore } from "zustand";
import { followVideo } from "@/features/videos/api/follow-video";
import { asProblem, type Problem } from "@/lib/api/problem";
import type { Video } from "@/lib/api/models";
import { call } from "@/lib/api/call";

export interface TestVideo {
  key: string;
  /** Null until a worker takes the video. */
  video: Video | null;
}

export interface TestRun {
  startedMs: number;
  endedMs: number | null;
  videos: readonly TestVideo[];
  /** Id of the job that deletes them. */
  cleanupId: string | null;
  problem: Problem | null;
}

interface TestState {
  isShown: boolean;
  run: TestRun | null;
}

const store = createStore<TestState>(() => ({ isShown: false, run: null }));

export function useTest(): TestState {
  return useStore(store);
}

/** Open the dialog. It shows the run in progress, or asks before it starts one. */
export function openTest(): void {
  const { run } = store.getState();
  const isRunning = run !== null && run.endedMs === null && !run.problem;
  store.setState({ isShown: true, run: isRunning ? run : null });
}

export function closeTest(): void {
  store.setState({ isShown: false });
}

export function hasEnded({ video }: TestVideo): boolean {
  return video !== null && video.state !== "processing";
}

export async function begin(): Promise<void> {
  const run: TestRun = { startedMs: Date.now(), endedMs: null, videos: [], cleanupId: null, problem: null };
  store.setState({ run });
  try {
    const { keys } = await call("post", "/api/test");
    patch(() => ({ videos: keys.map((key) => ({ key, video: null })) }));
    const { signal } = new AbortController();
    await Promise.all(
      keys.map((key) =>
        followVideo(key, {
          signal,
          onChange: (video) =>
            patch(({ videos }) => ({ videos: videos.map((entry) => (entry.key === key ? { key, video } : entry)) })),
        }),
      ),
    );
    patch(() => ({ endedMs: Date.now() }));
  } catch (error) {
    patch(() => ({ problem: asProblem(error) }));
  }
}

/** Note the job that deletes the videos of the run. */
export function noteCleanup(cleanupId: string): void {
  patch(() => ({ cleanupId }));
}

function patch(how: (run: TestRun) => Partial<TestRun>): void {
  store.setState(({ run }) => (run ? { run: { ...run, ...how(run) } } : {}));
}
