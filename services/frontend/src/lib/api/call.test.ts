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

it("ignores a 401 to a call from before the login", async () => {
  const sessions: boolean[] = [];
  setUnauthorizedHandler((hadSession) => void sessions.push(hadSession));
  let answerLate: (response: Response) => void = () => undefined;
  const late = new Promise<Response>((resolve) => (answerLate = resolve));
  vi.stubGlobal("fetch", (path: string) =>
    path === "/api/session" ? Promise.resolve(new Response(null, { status: 204 })) : late,
  );
  const early = call("get", "/api/config").catch(() => "refused");
  await call("post", "/api/session", { body: { token: "token" } });
  answerLate(Response.json({ title: "Unauthorized" }, { status: 401 }));
  expect(await early).toBe("refused");
  expect(sessions).toEqual([]);
});

it("asks in a way that no preload of the first document answers after a login", async () => {
  const modes: (RequestCredentials | undefined)[] = [];
  vi.stubGlobal("fetch", (_path: string, init: RequestInit) => {
    modes.push(init.credentials);
    return Promise.resolve(Response.json({}));
  });
  await call("post", "/api/session", { body: { token: "token" } });
  modes.length = 0;
  await call("get", "/api/config");
  expect(modes).toEqual(["include"]);
});
