/** The way of one file: ticket, transfer, then the video until it has ended. */

import { followVideo } from "@/features/videos/api/follow-video";
import { asProblem, Problem } from "@/lib/api/problem";
import type { RetryOptions } from "@/lib/retry";
import { text } from "@/text";
import { SendError } from "./api/send";
import { requestTicket } from "./api/ticket";
import { transfer } from "./api/transfer";
import { RateMeter } from "./rate-meter";
import type { Upload } from "./store";

interface SendingOptions {
  signal: AbortSignal;
  change: (how: (upload: Upload) => Partial<Upload>) => void;
  /** Called when the bucket has the file, so that the next one can start. */
  startNext: () => void;
}

/** Send one file and follow its video until it has ended. Failures become the state of the upload. */
export async function sendFile(file: File, { signal, change, startNext }: SendingOptions): Promise<void> {
  const rateMeter = new RateMeter();
  // Retry without a limit: only the user gives up an upload.
  const options: RetryOptions = {
    signal,
    maxAttempts: Infinity,
    retryUnauthorized: true,
    onRetry: (error) => change(() => ({ delay: delayMessage(error), speed: 0 })),
  };
  try {
    const ticket = await requestTicket(file, options);
    change(() => ({ key: ticket.key }));
    await transfer(ticket, file, {
      ...options,
      onSent: (sentBytes) =>
        change((upload) => ({
          sentBytes,
          speed: rateMeter.read(sentBytes, performance.now()),
          ...(sentBytes > upload.sentBytes ? { delay: null } : {}),
        })),
    });
    change(() => ({ state: "queued", sentBytes: file.size, speed: 0, delay: null, sentMs: Date.now() }));
    startNext();
    await followVideo(ticket.key, {
      signal,
      onChange: (video) => change(() => ({ video, state: video.state, reason: video.reason ?? null })),
    });
  } catch (error) {
    if (!signal.aborted) change(() => ({ state: "broken", speed: 0, delay: null, reason: errorMessage(error) }));
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
