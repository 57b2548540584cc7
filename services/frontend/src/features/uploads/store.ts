/** Uploads of this browser tab. They continue while the user moves between pages or logs in. */

import { createStore, useStore } from "zustand";
import type { Video } from "@/lib/api/models";
import { text } from "@/text";
import { type UploadLimits, rejectionReason } from "./validate-file";

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
  for (const upload of waiting.slice(0, Math.max(0, room))) start(upload);
}

function start({ id, file }: Upload): void {
  const controller = new AbortController();
  cancellers.set(id, controller);
  change(id, () => ({ state: "sending" }));
  void loadSending()
    .then(({ sendFile }) => sendFile(file, { signal: controller.signal, change: (how) => change(id, how), startNext }))
    // The browser could not load the code.
    .catch(() => change(id, () => ({ state: "broken", reason: text.problems.noAnswerDetail })))
    .finally(() => {
      cancellers.delete(id);
      startNext();
    });
}

/** Load the code that sends files: it is not in the first load, because no upload has started by then. */
export function loadSending() {
  return import("./sending");
}
