import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { RESPONSE_TIMEOUT_MS, forward, forwardFrame } from "./forward";

let server: Server;
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeAll(async () => {
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
beforeEach(() => vi.stubEnv("API_BASE_URL", `http://127.0.0.1:${(server.address() as AddressInfo).port}`));
afterAll(() => void server.close());

it("forwards method, path, query, body, cookies and host", async () => {
  let seen: Record<string, unknown> = {};
  answer = (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      seen = {
        method: request.method,
        url: request.url,
        body: Buffer.concat(chunks).toString(),
        headers: request.headers,
      };
      response.setHeader("set-cookie", ["a=1", "b=2"]).writeHead(201).end("{}");
    });
  };
  const response = await forward(
    new Request("http://dashboard:3000/api/videos/~YS9i%2F..?x=%20", {
      method: "POST",
      body: "hello",
      headers: { cookie: "session=1", host: "dashboard:3000" },
    }),
  );
  expect(response.status).toBe(201);
  expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  expect(seen).toMatchObject({ method: "POST", url: "/api/videos/~YS9i%2F..?x=%20", body: "hello" });
  expect(seen.headers).toMatchObject({
    cookie: "session=1",
    "x-forwarded-host": "dashboard:3000",
    "x-forwarded-proto": "http",
  });
});

it("returns a compressed answer decoded", async () => {
  answer = (_request, response) => response.setHeader("content-encoding", "gzip").end(gzipSync("plain text"));
  const response = await forward(new Request("http://dashboard/api/config"));
  expect(response.headers.get("content-encoding")).toBeNull();
  expect(await response.text()).toBe("plain text");
});

it("forwards frames to a service of their own, if there is one", async () => {
  const request = new Request("http://dashboard/f/uploads/a.mp4?t=1&signature=x");
  expect((await forwardFrame(request)).status).toBe(404);

  answer = (asked, response) => response.setHeader("frame-time", "0.960").end(asked.url);
  vi.stubEnv("FRAMES_BASE_URL", process.env.API_BASE_URL);
  vi.stubEnv("API_BASE_URL", "http://127.0.0.1:9");
  const response = await forwardFrame(request);
  expect(response.headers.get("frame-time")).toBe("0.960");
  expect(await response.text()).toBe("/f/uploads/a.mp4?t=1&signature=x");
});

it("answers 502 when the api is unreachable", async () => {
  vi.stubEnv("API_BASE_URL", "http://127.0.0.1:9");
  const response = await forward(new Request("http://dashboard/api/config"));
  expect(response.status).toBe(502);
  expect(response.headers.get("content-type")).toContain("application/problem+json");
  expect(await response.json()).toMatchObject({ status: 502, detail: expect.stringContaining("cannot reach the api") });
});

it("answers 504 only when the api hangs", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const asked = new Promise<ServerResponse>((resolve) => (answer = (_request, response) => resolve(response)));
    const hanging = forward(new Request("http://dashboard/api/config"));
    await asked;
    await vi.advanceTimersByTimeAsync(RESPONSE_TIMEOUT_MS);
    const response = await hanging;
    expect(response.status).toBe(504);
    expect(response.headers.get("retry-after")).toBe("5");
    expect(await response.json()).toMatchObject({ status: 504 });

    answer = (_request, response) => {
      response.write("begun, ");
      begun(response);
    };
    let begun: (response: ServerResponse) => void = () => undefined;
    const began = new Promise<ServerResponse>((resolve) => (begun = resolve));
    const slow = await forward(new Request("http://dashboard/api/config"));
    await vi.advanceTimersByTimeAsync(RESPONSE_TIMEOUT_MS);
    (await began).end("ended");
    expect(await slow.text()).toBe("begun, ended");
  } finally {
    vi.useRealTimers();
  }
});
