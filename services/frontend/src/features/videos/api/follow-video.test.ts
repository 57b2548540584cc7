import { describe, expect, it } from "vitest";
import { Problem } from "@/lib/api/problem";
import type { VideoDetails } from "@/lib/api/models";
import { followVideo } from "./follow-video";

const video = (state: VideoDetails["state"], updatedAt: string) =>
  ({ state, updated_at: updatedAt, finished_at: state === "processing" ? null : updatedAt }) as VideoDetails;

/** Follow a video whose loads return these answers in order; a Problem is thrown. */
function follow(answers: (VideoDetails | Problem)[], sinceMs = 0) {
  const seen: string[] = [];
  const end = followVideo("uploads/a.mp4", {
    signal: new AbortController().signal,
    sinceMs,
    onChange: ({ state }) => void seen.push(state),
    wait: () => Promise.resolve(),
    load: () => {
      const next = answers.shift();
      if (!next) throw new Error("asked too often");
      return next instanceof Problem ? Promise.reject(next) : Promise.resolve(next);
    },
  });
  return { seen, end };
}

describe("followVideo", () => {
  it("waits for the record and reports each change once", async () => {
    const { seen, end } = follow([
      new Problem("Not Found", "", 404),
      video("processing", "2026-01-01T00:00:01Z"),
      video("processing", "2026-01-01T00:00:01Z"),
      video("done", "2026-01-01T00:00:02Z"),
    ]);
    await end;
    expect(seen).toEqual(["processing", "done"]);
  });

  it("survives a restart of the api and a login", async () => {
    const { seen, end } = follow([
      new Problem("", "", 502),
      new Problem("", "", 0),
      new Problem("", "", 401),
      video("failed", "2026-01-01T00:00:02Z"),
    ]);
    await end;
    expect(seen).toEqual(["failed"]);
  });

  it("ignores the end of an earlier attempt", async () => {
    const { seen, end } = follow(
      [video("failed", "2026-01-01T00:00:00Z"), video("done", "2026-01-01T00:01:00Z")],
      Date.parse("2026-01-01T00:00:30Z"),
    );
    await end;
    expect(seen).toEqual(["done"]);
  });

  it("stops at what the api refuses", async () => {
    await expect(follow([new Problem("Forbidden", "", 403)]).end).rejects.toThrow("Forbidden");
  });
});
