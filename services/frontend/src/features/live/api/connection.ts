/** The socket: opened once, opened again whenever it is lost, after 1, 2, 4, 8, 16, 30 s. */

import ReconnectingSocket from "partysocket/ws";
import { call } from "@/lib/api/call";
import { goOn } from "@/lib/retry";
import type { StateMessage } from "./snapshot";
import { live, receive, setSocket } from "./store";

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
/** Not all browsers come back in the same moment when an api has been restarted. */
const JITTER_MS = 300;
/** A connection that held this long was a good one: the next loss starts over with the first wait. */
const STEADY_MS = 5000;

/** Pushes come every few seconds; after this long without one the connection is taken for dead. */
const SILENCE_MS = 30_000;

/** Connects, and hears until the returned function is called. */
export function connect(): () => void {
  const scheme = window.location.protocol === "https:" ? "wss" : "ws";
  const socket = new ReconnectingSocket(`${scheme}://${window.location.host}/ws`, [], {
    minReconnectionDelay: FIRST_WAIT_MS + Math.random() * JITTER_MS,
    maxReconnectionDelay: LONGEST_WAIT_MS,
    reconnectionDelayGrowFactor: 2,
    minUptime: STEADY_MS,
    connectionTimeout: 10_000,
  });
  let wasOpen = false;

  socket.addEventListener("open", () => {
    wasOpen = true;
    // The api is back: what waits for it need not wait longer.
    goOn();
  });
  socket.addEventListener("message", (event: MessageEvent) => {
    const message = parse(event.data);
    if (message) receive(message, Date.now());
  });
  socket.addEventListener("close", () => {
    setSocket("lost");
    // A refused handshake does not say why. If it is the session, this call hears 401 and leads to the login.
    if (!wasOpen) void call("get", "/api/config").catch(() => undefined);
    wasOpen = false;
  });

  // A connection can die without a word, in a tunnel or in a sleeping laptop: silence is the only sign.
  const listen = () => {
    const { lastMs } = live.getState();
    const isSilent = lastMs !== null && Date.now() - lastMs > SILENCE_MS;
    if (isSilent && socket.readyState === ReconnectingSocket.OPEN) socket.reconnect();
  };
  const timer = setInterval(listen, SILENCE_MS / 4);
  window.addEventListener("online", listen);
  return () => {
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
