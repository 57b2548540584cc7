/** Upload tickets: the addresses that the api issues for one file. */

import { call, type Schemas } from "@/lib/api/call";
import { retryTransient, type RetryOptions } from "@/lib/retry";

export interface Part {
  number: number;
  etag: string;
}

export interface WholeTicket {
  kind: "whole";
  key: string;
  url: string;
  /** Form fields to send before the file. */
  fields: Readonly<Record<string, string>>;
}

export interface PartsTicket {
  kind: "parts";
  key: string;
  partSizeBytes: number;
  /** Return the address to PUT this part to, counted from 1. Addresses expire, so each attempt requests a new one. */
  urlOf: (number: number, signal: AbortSignal) => Promise<string>;
  complete: (parts: readonly Part[]) => Promise<void>;
  abort: () => Promise<void>;
}

export type Ticket = WholeTicket | PartsTicket;

export async function requestTicket(file: File, options: RetryOptions): Promise<Ticket> {
  const { signal } = options;
  const body = { name: file.name, size_bytes: file.size };
  const booked = await retryTransient(() => call("post", "/api/uploads", { body, signal }), options);
  return booked.kind === "whole" ? booked : partsTicket(booked);
}

function partsTicket({ key, upload_id, part_size_bytes }: Schemas["PartsTicket"]): PartsTicket {
  const upload = { key, upload_id };
  return {
    kind: "parts",
    key,
    partSizeBytes: part_size_bytes,
    urlOf: async (number, signal) => {
      const { parts } = await call("post", "/api/uploads/part-urls", {
        body: { ...upload, numbers: [number] },
        signal,
      });
      return parts[0]?.url ?? "";
    },
    complete: async (parts) => {
      await call("post", "/api/uploads/complete", { body: { ...upload, parts: [...parts] } });
    },
    abort: async () => {
      await call("post", "/api/uploads/abort", { body: upload });
    },
  };
}
