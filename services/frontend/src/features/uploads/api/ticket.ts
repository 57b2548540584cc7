/** Upload tickets: the addresses that the api issues for one file. */

import { call, type Schemas } from "@/lib/api/call";
import { persevere, type PerseveranceOptions } from "@/lib/retry";

export interface Part {
  number: number;
  etag: string;
}

export interface WholeTicket {
  kind: "whole";
  key: string;
  url: string;
  /** Form fields that come before the file. */
  fields: Readonly<Record<string, string>>;
}

export interface PartsTicket {
  kind: "parts";
  key: string;
  partSizeBytes: number;
  /** Where to PUT the part with that number, from 1. Asked anew for every try: addresses run out. */
  urlOf: (number: number, signal: AbortSignal) => Promise<string>;
  complete: (parts: readonly Part[]) => Promise<void>;
  abort: () => Promise<void>;
}

export type Ticket = WholeTicket | PartsTicket;

export async function book(file: File, options: PerseveranceOptions): Promise<Ticket> {
  const { signal } = options;
  const body = { name: file.name, size_bytes: file.size };
  const booked = await persevere(() => call("post", "/api/uploads", { body, signal }), options);
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
