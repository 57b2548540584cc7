/** Uploads of this browser tab. They continue while the user moves between pages or logs in. */

import { createStore, useStore } from "zustand";
import { asProblem, Problem } from "@/lib/api/problem";
import type { RetryOptions } from "@/lib/retry";
import type { Video } from "@/lib/api/models";
import { followVideo } from "@/features/videos/api/follow-video";
import { text } from "@/text";
import { type UploadLimits, rejectionReason } from "./validate-file";
import { requestTicket } from "./api/ticket";
import { SendError } from "./api/send";
import { RateMeter } from "./rate-meter";
import { transfer } from "./api/transfer";

export type UploadState =
  | "waiting"
  | "sending"
  | "queued"
  | "processing"
  | "done"
  | "degraded"
  | "failed"
  | "deleted"
  | "dismissed"
  | "refused"
  | "broken"
  | "cancelled";

export interface Upload {
  id: number;
  file: File;
  state: UploadState;
  sentBytes: number;
  /** Bytes per second; 0 until it is known. */
  speed: number;
  key: string | null;
  video: Video | null;
  /** The reason for the current wait, in one sentence. The upload continues automatically. */
  delay: string | null;
  /** The reason for the refusal or failure, in one sentence. */
  reason: string | null;
  /** Time when the bucket had the whole file. */
  sentMs: number | null;
}

const AT_ONCE = 3;

export const uploads = createStore<{ all: readonly Upload[] }>(() => ({ all: [] }));

export function useUploads<Result>(select: (all: readonly Upload[]) => Result): Result {
  return useStore(uploads, (state) => select(state.all));
}

const cancellers = new Map<number, AbortController>();
let lastId = 0;

export const OPEN: readonly UploadState[] = ["waiting", "sending"];
export const FOLLOWED: readonly UploadState[] = ["queued", "processing"];

export const FAILED: readonly UploadState[] = ["failed", "refused", "broken"];

/** Return the share of the bytes that are sent, 1 for an upload that has ended. */
export function shareOf(upload: Upload): number {
  return isOpen(upload) && upload.file.size > 0 ? upload.sentBytes / upload.file.size : 1;
}

export function isOpen({ state }: Upload): boolean {
  return OPEN.includes(state);
}

export function hasEnded({ state }: Upload): boolean {
  return !OPEN.includes(state) && !FOLLOWED.includes(state);
}

/** Add files: valid ones start in turn, the others are refused with a reason. */
export function addFiles(files: Iterable<File>, limits: UploadLimits): void {
  const added = [...files].map((file): Upload => {
    lastId += 1;
    const reason = rejectionReason(file, limits);
    return { ...fresh(lastId, file), state: reason ? "refused" : "waiting", reason };
  });
  uploads.setState(({ all }) => ({ all: [...added, ...all] }));
  startNext();
}

export function cancel(id: number): void {
  cancellers.get(id)?.abort(new DOMException("cancelled", "AbortError"));
  change(id, (upload) => (isOpen(upload) ? { state: "cancelled", speed: 0, delay: null } : {}));
  startNext();
}

export function retry(id: number): void {
  change(id, (upload) => ({ ...fresh(id, upload.file), state: "waiting" }));
  startNext();
}

export function remove(id: number): void {
  uploads.setState(({ all }) => ({ all: all.filter((upload) => upload.id !== id) }));
}

export function clearEnded(): void {
  uploads.setState(({ all }) => ({ all: all.filter((upload) => !hasEnded(upload)) }));
}

function fresh(id: number, file: File): Upload {
  return {
    id,
    file,
    state: "waiting",
    sentBytes: 0,
    speed: 0,
    key: null,
    video: null,
    delay: null,
    reason: null,
    sentMs: null,
  };
}

function change(id: number, how: (upload: Upload) => Partial<Upload>): void {
  uploads.setState(({ all }) => ({
    all: all.map((upload) => (upload.id === id ? { ...upload, ...how(upload) } : upload)),
  }));
}

function startNext(): void {
  const { all } = uploads.getState();
  const room = AT_ONCE - all.filter(({ state }) => state === "sending").length;
  // The list has the newest first; the oldest starts first.
  const waiting = all.filter(({ state }) => state === "waiting").toReversed();
  for (const upload of waiting.slice(0, Math.max(0, room))) void run(upload);
}

async function run({ id, file }: Upload): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  cancellers.set(id, controller);
  change(id, () => ({ state: "sending" }));
  const rateMeter = new RateMeter();
  // Retry without a limit: only the user gives up an upload.
  const options: RetryOptions = {
    signal,
    maxAttempts: Infinity,
    retryUnauthorized: true,
    onRetry: (error) => change(id, () => ({ delay: delayMessage(error), speed: 0 })),
  };
  try {
    const ticket = await requestTicket(file, options);
    change(id, () => ({ key: ticket.key }));
    await transfer(ticket, file, {
      ...options,
      onSent: (sentBytes) =>
        change(id, (upload) => ({
          sentBytes,
          speed: rateMeter.read(sentBytes, performance.now()),
          ...(sentBytes > upload.sentBytes ? { delay: null } : {}),
        })),
    });
    change(id, () => ({ state: "queued", sentBytes: file.size, speed: 0, delay: null, sentMs: Date.now() }));
    startNext();
    await followVideo(ticket.key, {
      signal,
      onChange: (video) => change(id, () => ({ video, state: video.state, reason: video.reason ?? null })),
    });
  } catch (error) {
    if (!signal.aborted) change(id, () => ({ state: "broken", speed: 0, delay: null, reason: errorMessage(error) }));
  } finally {
    cancellers.delete(id);
    startNext();
  }
}

function delayMessage(error: unknown): string {
  const { status } = error instanceof SendError ? error : asProblem(error);
  if (status === 401) return text.uploads.delays.session;
  return status === 0 ? text.uploads.delays.connection : text.uploads.delays.server(status);
}

function errorMessage(error: unknown): string {
  if (error instanceof SendError) return text.uploads.storageRefused(error.status, error.message);
  const problem = error instanceof Problem ? error : asProblem(error);
  return problem.detail || problem.title;
}
