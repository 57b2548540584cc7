import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { afterEach, expect, it } from "vitest";

const LIMITS = `${import.meta.dirname}/limits.cjs`;
// Like Next.js: the listener alone, and a WebSocket that stays open.
const SERVER = `
  const server = require("http").createServer((request, response) => {
    request.resume();
    request.on("end", () => response.end("answer to " + request.url));
  });
  server.on("upgrade", (_request, socket) => socket.write("HTTP/1.1 101 Switching Protocols\\r\\n\\r\\n"));
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
`;
const SHORT = {
  MAX_HEADER_BYTES: "16384",
  MAX_CONNECTIONS: "40",
  HEADER_TIMEOUT_MS: "500",
  REQUEST_TIMEOUT_MS: "1000",
};
const LONG = { ...SHORT, HEADER_TIMEOUT_MS: "300000", REQUEST_TIMEOUT_MS: "300000" };
const REQUEST = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";

let server: ChildProcess;
let port: number;
let sockets: Socket[] = [];

async function start(settings: Record<string, string>) {
  server = spawn(process.execPath, ["--require", LIMITS, "--eval", SERVER], {
    env: { ...process.env, ...settings },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(server.stdout!), "line")) as [string];
  port = Number(line);
}

afterEach(() => {
  sockets.forEach((socket) => socket.destroy());
  sockets = [];
  server.kill("SIGKILL");
});

async function open(data = ""): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  sockets.push(socket);
  await once(socket, "connect");
  socket.write(data);
  return socket;
}

/** Return everything received until the server closes the connection. */
async function everything(socket: Socket): Promise<string> {
  let received = "";
  socket.on("data", (part: Buffer) => (received += part.toString()));
  if (!socket.closed) await once(socket, "close");
  return received;
}

async function answer(socket: Socket): Promise<string> {
  const [part] = (await once(socket, "data")) as [Buffer];
  return part.toString();
}

async function get(path: string): Promise<number> {
  return (await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: "close" } })).status;
}

it("refuses headers above the size limit", async () => {
  await start(SHORT);
  const socket = await open(`GET / HTTP/1.1\r\nX-Big: ${"a".repeat(40_000)}`);
  expect(await everything(socket)).toContain("431 Request Header Fields Too Large");
  expect(await get("/")).toBe(200);
});

it("closes slow headers, slow bodies and silent connections", async () => {
  await start(SHORT);
  const slow = await open("GET / HTTP/1.1\r\nX-Slow: ");
  const body = await open("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{");
  const timer = setInterval(() => [slow, body].forEach((socket) => socket.writable && socket.write("a")), 100);
  const silent = await open();
  const received = await Promise.all([slow, body, silent].map(everything));
  clearInterval(timer);
  expect(received[0]).toContain("408 Request Timeout");
  expect(received[1]).toContain("408 Request Timeout");
});

it("answers requests despite many half-open connections", async () => {
  await start(LONG);
  const websocket = await open("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  expect(await answer(websocket)).toContain("101");
  for (let count = 0; count < 100; count++) {
    await open("GET / HTTP/1.1\r\nX-Slow: ");
    await open("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{");
    if (count % 10 === 0) expect(await get("/")).toBe(200);
  }
  expect(websocket.destroyed).toBe(false);
});

it("closes the longest idle connection above the limit", async () => {
  await start(LONG);
  const kept = [];
  for (let count = 0; count < 60; count++) {
    kept.push(await open(REQUEST));
    expect(await answer(kept[count]!)).toContain("200 OK");
  }
  await everything(kept[0]!);
  kept[59]!.write(REQUEST);
  expect(await answer(kept[59]!)).toContain("200 OK");
});

it("answers probes when every connection is in use", async () => {
  await start(LONG);
  for (let count = 0; count < 40; count++) {
    const websocket = await open("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    await answer(websocket);
  }
  expect([await get("/"), await get("/health")]).toEqual([503, 200]);
});

it("names an invalid setting", () => {
  const { status, stderr } = spawnSync(process.execPath, ["--require", LIMITS, "--eval", ""], {
    env: { ...process.env, MAX_CONNECTIONS: "many" },
    encoding: "utf8",
  });
  expect(status).toBe(2);
  expect(stderr).toContain("MAX_CONNECTIONS");
});
