import { expect, it } from "vitest";
import { firstCalls, preloadHeader } from "./preloads";

const callsOf = (path: string) => firstCalls(new URL(path, "http://dashboard"));

it.each([
  ["/login?next=/history", []],
  ["/logs", ["/api/config"]],
  ["/", ["/api/config", "/api/thumbnails?limit=36"]],
  ["/gallery", ["/api/config", "/api/videos?limit=100&with_thumbnails=true"]],
  ["/gallery?q=cat", ["/api/config"]],
  ["/videos", ["/api/config", "/api/videos?limit=100"]],
  ["/videos?state=failed", ["/api/config"]],
  ["/video?key=uploads%2Fa.mp4", ["/api/config", "/api/videos/~dXBsb2Fkcy9hLm1wNA"]],
  ["/history?range=7d", ["/api/config", "/api/history?range=7d", "/api/cost"]],
  ["/history?range=all", ["/api/config", "/api/history?range=24h", "/api/cost"]],
])("%s begins with its own calls", (path, calls) => expect(callsOf(path)).toEqual(calls));

it("names the calls in a header that only fetch can use", () => {
  expect(preloadHeader(["/api/config", "/api/cost"])).toBe(
    "</api/config>; rel=preload; as=fetch; crossorigin=anonymous, </api/cost>; rel=preload; as=fetch; crossorigin=anonymous",
  );
});
