/** Upload of a file's bytes to the bucket: in one POST, or in parts, three at a time. */

import { retryTransient, type RetryOptions } from "@/lib/retry";
import { type Send, SendError, sendWithProgress } from "./send";
import type { Part, PartsTicket, Ticket, WholeTicket } from "./ticket";

const PARTS_AT_ONCE = 3;

export interface TransferOptions extends RetryOptions {
  /** Called with the total of bytes sent. It decreases when a part starts over. */
  onSent: (bytes: number) => void;
  send?: Send;
}

/** Upload the whole file. Throws SendError, or the signal's reason. */
export async function transfer(ticket: Ticket, file: Blob, options: TransferOptions): Promise<void> {
  if (ticket.kind === "whole") await sendWhole(ticket, file, options);
  else await sendParts(ticket, file, options);
}

async function sendWhole(ticket: WholeTicket, file: Blob, options: TransferOptions): Promise<void> {
  const { onSent, signal, send = sendWithProgress } = options;
  await retryTransient(() => {
    onSent(0);
    const form = new FormData();
    for (const [name, value] of Object.entries(ticket.fields)) form.set(name, value);
    form.set("file", file); // last: S3 ignores what comes after it
    return send({
      method: "POST",
      url: ticket.url,
      body: form,
      signal,
      // The form's own bytes count as sent too.
      onSent: (bytes) => onSent(Math.min(bytes, file.size)),
    });
  }, options);
  onSent(file.size);
}

async function sendParts(ticket: PartsTicket, file: Blob, options: TransferOptions): Promise<void> {
  const { onSent } = options;
  const count = Math.max(1, Math.ceil(file.size / ticket.partSizeBytes));
  const sent = new Array<number>(count).fill(0);
  const parts: Part[] = [];
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  let next = 0;

  async function work(): Promise<void> {
    while (next < count) {
      const index = next;
      next += 1;
      const body = file.slice(index * ticket.partSizeBytes, (index + 1) * ticket.partSizeBytes);
      const etag = await sendPart(ticket, index + 1, body, { ...options, signal }, (bytes) => {
        sent[index] = bytes;
        onSent(sent.reduce((sum, share) => sum + share, 0));
      });
      parts.push({ number: index + 1, etag });
    }
  }

  try {
    await Promise.all(Array.from({ length: Math.min(PARTS_AT_ONCE, count) }, work));
    parts.sort((a, b) => a.number - b.number);
    await retryTransient(() => ticket.complete(parts), options);
  } catch (error) {
    stop.abort(error);
    // Incomplete parts cost money until they are aborted; the user need not see a failure of that.
    await ticket.abort().catch(() => undefined);
    throw error;
  }
}

async function sendPart(
  ticket: PartsTicket,
  number: number,
  body: Blob,
  options: TransferOptions,
  onSent: (bytes: number) => void,
): Promise<string> {
  const { signal, send = sendWithProgress } = options;
  return retryTransient(async () => {
    onSent(0);
    const url = await ticket.urlOf(number, signal);
    const answer = await send({ method: "PUT", url, body, signal, onSent });
    const etag = answer.headers.get("etag");
    // Without a CORS rule that exposes ETag, an upload in parts cannot be completed.
    if (!etag) throw new SendError("The bucket's CORS rules do not expose ETag.", 400);
    onSent(body.size);
    return etag;
  }, options);
}
