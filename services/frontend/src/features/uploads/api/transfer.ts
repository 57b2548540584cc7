/** Brings a file's bytes into the bucket: in one POST, or in parts, three at a time. */

import { persevere, type PerseveranceOptions } from "@/lib/retry";
import { type Send, SendError, sendWithProgress } from "./send";
import type { Part, PartsTicket, Ticket, WholeTicket } from "./ticket";

const PARTS_AT_ONCE = 3;

export interface TransferOptions extends PerseveranceOptions {
  /** Hears of all bytes that have been sent so far. They become fewer when a part has to start over. */
  onSent: (bytes: number) => void;
  send?: Send;
}

/** Resolves when the bucket has the whole object. Throws SendError, or the signal's reason. */
export async function transfer(ticket: Ticket, file: Blob, options: TransferOptions): Promise<void> {
  if (ticket.kind === "whole") await sendWhole(ticket, file, options);
  else await sendParts(ticket, file, options);
}

async function sendWhole(ticket: WholeTicket, file: Blob, options: TransferOptions): Promise<void> {
  const { onSent, signal, send = sendWithProgress } = options;
  await persevere(() => {
    onSent(0);
    const form = new FormData();
    for (const [name, value] of Object.entries(ticket.fields)) form.set(name, value);
    form.set("file", file); // last: S3 ignores what comes after it
    return send({
      method: "POST",
      url: ticket.url,
      body: form,
      signal,
      // The form's own bytes are sent too.
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
    await persevere(() => ticket.complete(parts), options);
  } catch (error) {
    stop.abort(error);
    // Parts cost money until they are given up; a failure here changes nothing for the one who waits.
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
  return persevere(async () => {
    onSent(0);
    const url = await ticket.urlOf(number, signal);
    const answer = await send({ method: "PUT", url, body, signal, onSent });
    const etag = answer.headers.get("etag");
    // Without the bucket's CORS rule that exposes it, an upload in parts can never be completed.
    if (!etag) throw new SendError("The bucket's CORS rules do not expose ETag.", 400);
    onSent(body.size);
    return etag;
  }, options);
}
