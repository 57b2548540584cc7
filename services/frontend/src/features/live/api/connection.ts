/** WebSocket to the api. It reconnects after 1, 2, 4, 8, 16, then every 30 s. */

import ReconnectingSocket from "partysocket/ws";
import { call } from "@/lib/api/call";
import { retryNow } from "@/lib/retry";
import type { StateMessage } from "./snapshot";
import { liveStore, receive, setSocket } from "./store";

const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 30_000;
/** Spread the reconnects of all browsers after a restart of the api. */
const JITTER_MS = 300;
/** After a connection of this length, the next loss starts again with the first wait. */
const STEADY_MS = 5000;

/** Pushes come every few seconds; a connection that is silent this long is considered dead. */
const SILENCE_MS = 30_000;

/** Return the wait before the attempt after this many failed ones. */
export function waitMs(failures: number, firstMs: number): number {
  return failures === 0 ? 0 : Math.min(firstMs * 2 ** (failures - 1), MAX_WAIT_MS);
}

let reconnect: () => void = () => undefined;

/** Try to connect now instead of after the wait. */
export function connectNow(): void {
  reconnect();
}

/** Connect and receive messages until the returned function is called. */
export function connect(): () => void {
  const scheme = window.location.protocol === "https:" ? "wss" : "ws";
  const firstMs = FIRST_WAIT_MS + Math.random() * JITTER_MS;
  const socket = new ReconnectingSocket(`${scheme}://${window.location.host}/ws`, [], {
    minReconnectionDelay: firstMs,
    maxReconnectionDelay: MAX_WAIT_MS,
    reconnectionDelayGrowFactor: 2,
    minUptime: STEADY_MS,
    connectionTimeout: 10_000,
  });
  let wasOpen = false;

  socket.addEventListener("open", () => {
    wasOpen = true;
    // The api is back: retry what waits for it now.
    retryNow();
  });
  socket.addEventListener("message", (event: MessageEvent) => {
    const message = parse(event.data);
    if (message) receive(message, Date.now());
  });
  socket.addEventListener("close", () => {
    // The socket has counted this attempt already.
    setSocket("lost", Date.now() + waitMs(socket.retryCount, firstMs));
    // A refused handshake gives no reason. If the session has ended, this call gets 401 and leads to the login.
    if (!wasOpen) void call("get", "/api/config").catch(() => undefined);
    wasOpen = false;
  });

  // A connection can die unnoticed, in a tunnel or in a sleeping laptop: silence is the only sign.
  const listen = () => {
    const { lastMs } = liveStore.getState();
    const isSilent = lastMs !== null && Date.now() - lastMs > SILENCE_MS;
    if (isSilent && socket.readyState === ReconnectingSocket.OPEN) socket.reconnect();
  };
  reconnect = () => {
    setSocket("lost");
    socket.reconnect();
  };
  const timer = setInterval(listen, SILENCE_MS / 4);
  window.addEventListener("online", listen);
  return () => {
    reconnect = () => undefined;
    clearInterval(timer);
    window.removeEventListener("online", listen);
    socket.close();
  };
}

function parse(data: unknown): StateMessage | null {
  if (typeof data !== "string") return null;
  try {
    return JSON.parse(data) as StateMessage;
  } catch {
    return null;
  }
}
