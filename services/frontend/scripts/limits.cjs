// Connection limits of the server before login. Next.js creates its server itself and has no settings for them, so node
// loads this file first: node --require ./limits.cjs server.js
"use strict";

const http = require("node:http");

const MAX_HEADER_BYTES = setting("MAX_HEADER_BYTES", 65_536);
const MAX_CONNECTIONS = setting("MAX_CONNECTIONS", 4096);
const HEADER_TIMEOUT_MS = setting("HEADER_TIMEOUT_MS", 10_000);
const REQUEST_TIMEOUT_MS = setting("REQUEST_TIMEOUT_MS", 60_000);

/** At most one in 16 connections may be receiving a request at a time: a request arrives within milliseconds. */
const MAX_RECEIVING = Math.max(32, Math.floor(MAX_CONNECTIONS / 16));
/** Connections above the limit that are still read: health probes are answered, other requests get a 503. */
const RESERVE = 64;
const CHECK_EVERY_MS = Math.min(1000, HEADER_TIMEOUT_MS);

const FULL = JSON.stringify({
  type: "about:blank",
  title: "Service Unavailable",
  status: 503,
  detail: "The server has reached its connection limit. Try again in a few seconds.",
});
const FULL_HEADERS = { "content-type": "application/problem+json", "retry-after": "5", connection: "close" };

const createServer = http.createServer;

http.createServer = (...given) => {
  const listener = given.find((one) => typeof one === "function");
  const options = given.find((one) => one !== null && typeof one === "object");
  // Node answers 431 above the header limit, and 408 when one of the timeouts has passed.
  const server = createServer({
    ...options,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADER_TIMEOUT_MS,
    requestTimeout: Math.max(HEADER_TIMEOUT_MS, REQUEST_TIMEOUT_MS),
    connectionsCheckingInterval: CHECK_EVERY_MS,
  });
  limit(server, listener);
  return server;
};

function limit(server, listener) {
  // Oldest first. A socket leaves `receiving` and `idle` while its request is answered, or after it has become a
  // WebSocket.
  const all = new Set();
  const receiving = new Set();
  const idle = new Set();

  server.on("connection", (socket) => {
    all.add(socket);
    receiving.add(socket);
    socket.once("close", () => [all, receiving, idle].forEach((group) => group.delete(socket)));
    // Close slow clients first, so that they cannot block fast ones.
    if (receiving.size > MAX_RECEIVING) oldest(receiving)?.destroy();
    if (all.size <= MAX_CONNECTIONS) return;
    if (idle.size > 0) oldest(idle).destroy();
    else if (all.size > MAX_CONNECTIONS + RESERVE) oldest(receiving)?.destroy();
  });

  server.on("request", (request, response) => {
    const { socket } = request;
    idle.delete(socket);
    const hasBody = Number(request.headers["content-length"]) > 0 || "transfer-encoding" in request.headers;
    if (hasBody) request.once("end", () => receiving.delete(socket));
    else receiving.delete(socket);
    response.once("close", () => {
      receiving.delete(socket);
      if (!socket.destroyed) idle.add(socket);
    });
    if (all.size > MAX_CONNECTIONS && request.url !== "/health") response.writeHead(503, FULL_HEADERS).end(FULL);
    else listener?.(request, response);
  });

  server.on("upgrade", ({ socket }) => {
    receiving.delete(socket);
    idle.delete(socket);
  });
}

function oldest(group) {
  const [first] = group;
  group.delete(first);
  return first;
}

function setting(name, preset) {
  const given = process.env[name] || String(preset);
  if (/^[1-9][0-9]{0,8}$/.test(given)) return Number(given);
  process.stderr.write(`${name} is ${JSON.stringify(given)}: it must be a whole number above 0, such as ${preset}.\n`);
  process.exit(2);
}
