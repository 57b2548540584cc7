import { afterEach, expect, it, vi } from "vitest";
import { call, setUnauthorizedHandler } from "./call";

afterEach(() => vi.unstubAllGlobals());

it("reports whether a session has ended or never began", async () => {
  const sessions: boolean[] = [];
  setUnauthorizedHandler((hadSession) => void sessions.push(hadSession));
  const statuses = [401, 200, 401];
  vi.stubGlobal("fetch", () => Promise.resolve(Response.json({}, { status: statuses.shift() ?? 500 })));
  for (let index = 0; index < 3; index += 1) await call("get", "/api/config").catch(() => undefined);
  expect(sessions).toEqual([false, true]);
});
