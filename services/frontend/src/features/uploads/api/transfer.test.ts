import { describe, expect, it, vi } from "vitest";
import { Problem } from "@/lib/api/problem";
import { type SendRequest, type Send, SendError } from "./send";
import type { Part, PartsTicket } from "./ticket";
import { transfer } from "./transfer";

const answer = { headers: { get: () => '"etag"' } };
const soon = () => Promise.resolve();

function partsTicket(over: Partial<PartsTicket> = {}) {
  const completed: Part[][] = [];
  const abort = vi.fn(() => Promise.resolve());
  const ticket: PartsTicket = {
    kind: "parts",
    key: "uploads/a.mp4",
    partSizeBytes: 10,
    urlOf: (number) => Promise.resolve(`http://bucket/part/${number}`),
    complete: (parts) => {
      completed.push([...parts]);
      return Promise.resolve();
    },
    abort,
    ...over,
  };
  return { ticket, completed, abort };
}

function options(send: Send, signal = new AbortController().signal) {
  const sent: number[] = [];
  return { sent, signal, send, wait: soon, onSent: (bytes: number) => void sent.push(bytes) };
}

describe("transfer of a whole file", () => {
  const ticket = {
    kind: "whole",
    key: "uploads/a.mp4",
    url: "http://bucket/",
    fields: { key: "uploads/a.mp4" },
  } as const;

  it("sends the fields first and the file last", async () => {
    let form: FormData | null = null;
    await transfer(
      ticket,
      new Blob(["0123"]),
      options((outgoing) => {
        form = outgoing.body as FormData;
        return Promise.resolve(answer);
      }),
    );
    expect([...(form as unknown as FormData).keys()]).toEqual(["key", "file"]);
  });

  it("retries on a lost connection and restarts the progress", async () => {
    let attempts = 0;
    const given = options(({ onSent }) => {
      attempts += 1;
      onSent(3);
      return attempts < 3 ? Promise.reject(new SendError("", 0)) : Promise.resolve(answer);
    });
    await transfer(ticket, new Blob(["0123"]), given);
    expect(given.sent).toEqual([0, 3, 0, 3, 0, 3, 4]);
  });

  it("does not retry what the bucket refuses", async () => {
    const send = vi.fn<Send>(() => Promise.reject(new SendError("EntityTooLarge", 400)));
    await expect(transfer(ticket, new Blob(["0123"]), options(send))).rejects.toThrow("EntityTooLarge");
    expect(send).toHaveBeenCalledTimes(1);
  });

  it("gives up after eight attempts", async () => {
    const send = vi.fn<Send>(() => Promise.reject(new SendError("", 503)));
    await expect(transfer(ticket, new Blob(["0123"]), options(send))).rejects.toThrow(SendError);
    expect(send).toHaveBeenCalledTimes(8);
  });

  it("retries without a limit and reports each failure", async () => {
    let attempts = 0;
    const onRetry = vi.fn();
    const send = vi.fn<Send>(() => {
      attempts += 1;
      return attempts <= 50 ? Promise.reject(new SendError("", 0)) : Promise.resolve(answer);
    });
    await transfer(ticket, new Blob(["0123"]), { ...options(send), maxAttempts: Infinity, onRetry });
    expect(onRetry).toHaveBeenCalledTimes(50);
  });
});

describe("transfer in parts", () => {
  it("completes the parts in order", async () => {
    const { ticket, completed } = partsTicket();
    const bodies = new Map<string, number>();
    await transfer(
      ticket,
      new Blob(["x".repeat(35)]),
      options(async ({ url, body }: SendRequest) => {
        bodies.set(url, (body as Blob).size);
        await new Promise((resolve) => setTimeout(resolve, url.endsWith("/1") ? 20 : 1));
        return answer;
      }),
    );
    expect([...bodies.values()]).toEqual([10, 10, 10, 5]);
    expect(completed[0]?.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
  });

  it("requests a new address only for the repeated part", async () => {
    const urlOf = vi.fn((number: number) => Promise.resolve(`http://bucket/part/${number}`));
    const { ticket, completed } = partsTicket({ urlOf });
    let isFirst = true;
    const given = options(({ url, onSent, body }) => {
      if (url.endsWith("/2") && isFirst) {
        isFirst = false;
        return Promise.reject(new SendError("", 0));
      }
      onSent((body as Blob).size);
      return Promise.resolve(answer);
    });
    await transfer(ticket, new Blob(["x".repeat(35)]), given);
    expect(urlOf.mock.calls.map(([number]) => number).sort()).toEqual([1, 2, 2, 3, 4]);
    expect(completed).toHaveLength(1);
    expect(given.sent.at(-1)).toBe(35);
  });

  it.each([true, false])("waits for the next login if allowed (%s)", async (retryUnauthorized) => {
    let isLoggedIn = false;
    const urlOf = (number: number) =>
      isLoggedIn ? Promise.resolve(`http://bucket/part/${number}`) : Promise.reject(new Problem("Log in", "", 401));
    const { ticket, completed, abort } = partsTicket({ urlOf });
    const wait = () => {
      isLoggedIn = true;
      return Promise.resolve();
    };
    const run = transfer(ticket, new Blob(["x".repeat(35)]), {
      ...options(() => Promise.resolve(answer)),
      wait,
      retryUnauthorized,
    });
    if (retryUnauthorized) await run;
    else await expect(run).rejects.toThrow("Log in");
    expect([completed.length, abort.mock.calls.length]).toEqual(retryUnauthorized ? [1, 0] : [0, 1]);
  });

  it("aborts its parts when it is cancelled", async () => {
    const { ticket, abort, completed } = partsTicket();
    const controller = new AbortController();
    const send: Send = ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error));
        setTimeout(() => controller.abort(new DOMException("cancelled", "AbortError")), 5);
      });
    const run = transfer(ticket, new Blob(["x".repeat(35)]), options(send, controller.signal));
    await expect(run).rejects.toThrow("cancelled");
    expect(abort).toHaveBeenCalledTimes(1);
    expect(completed).toEqual([]);
  });
});
