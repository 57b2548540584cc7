/** What the api hands out for one file: where its bytes may go. */

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
