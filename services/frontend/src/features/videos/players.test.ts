// @vitest-environment jsdom
/** The files of a storyboard, read by the parsers of players. A test of Python keeps them up to date:
 * `tests/services/contract/storyboards/test_player_files.py`.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Parser } from "m3u8-parser";
import shaka from "shaka-player/dist/shaka-player.compiled.debug.js";
import { beforeAll, describe, expect, it } from "vitest";

const FOLDER = join(import.meta.dirname, "../../../../../tests/services/contract/storyboards/players");
const VIDEO_ADAPTATION_SET = `
    <AdaptationSet contentType="video" mimeType="video/mp4">
      <SegmentTemplate media="v-$Number$.mp4" initialization="v.mp4" duration="10"/>
      <Representation id="v" bandwidth="1000" codecs="avc1.42c01e" width="320" height="180"/>
    </AdaptationSet>`;

const CASES = [
  {
    name: "one",
    sheets: ["one_storyboard.jpg"],
    image: { width: 1600, height: 180, layout: "10x2", mimeType: "image/jpeg" },
    tileS: 5,
    tiles: 12,
    durationS: 57.25,
  },
  {
    name: "several",
    sheets: [1, 2, 3].map((number) => `100%25%20%22%C3%A0%22%20%241%20%26%20b_sheet-${number}.webp`),
    image: { width: 480, height: 270, layout: "3x3", mimeType: "image/webp" },
    tileS: 6.402,
    tiles: 20,
    durationS: 125,
  },
];

interface Image {
  width: number | undefined;
  height: number | undefined;
  layout: string | null;
  mimeType: string;
  segments: { uri: string | undefined; startS: number; endS: number; tileS: number }[];
}

function read(file: string): string {
  return readFileSync(join(FOLDER, file), "utf8");
}

beforeAll(() => {
  // Shaka needs it, and Node.js has it from version 24 on.
  for (const { prototype } of [Map, WeakMap] as { prototype: Map<unknown, unknown> }[]) {
    if ("getOrInsertComputed" in prototype) continue;
    Object.defineProperty(prototype, "getOrInsertComputed", {
      value(this: Map<unknown, unknown>, key: unknown, make: (key: unknown) => unknown) {
        if (!this.has(key)) this.set(key, make(key));
        return this.get(key);
      },
    });
  }
});

/** Return the image streams that Shaka Player finds in a manifest, with the tiles as it places them. */
async function parseManifest(name: string, files: Readonly<Record<string, string>>): Promise<Image[]> {
  const networkingEngine = {
    request(_type: number, { uris }: { uris: string[] }) {
      const uri = uris[0] ?? "";
      // An unknown file, such as a segment of the video, is empty.
      const data = new TextEncoder().encode(files[uri.split("/").at(-1) ?? ""] ?? "").buffer;
      return shaka.util.AbortableOperation.completed({ uri, originalUri: uri, data, headers: {} });
    },
  };
  const ignore = () => undefined;
  const { manifest: configuration } = new shaka.Player().getConfiguration();
  const parser = name.endsWith(".mpd") ? new shaka.dash.DashParser() : new shaka.hls.HlsParser();
  parser.configure(configuration, () => true);
  const { imageStreams } = await parser.start(`https://media.test/a/${name}`, {
    networkingEngine: networkingEngine as unknown as shaka.net.NetworkingEngine,
    addFont: ignore,
    disableStream: ignore,
    filter: () => Promise.resolve(),
    getBandwidthEstimate: () => 1e6,
    getStreamingRetryParameters: () => shaka.net.NetworkingEngine.defaultRetryParameters(),
    isLowLatencyMode: () => false,
    makeTextStreamsForClosedCaptions: ignore,
    newDrmInfo: ignore,
    onError: (error: unknown) => {
      throw error;
    },
    onEvent: ignore,
    onManifestUpdated: ignore,
    onMetadata: () => Promise.resolve(),
    onSegmentReceived: ignore,
    onTimelineRegionAdded: ignore,
    updateDuration: ignore,
  });
  const images = await Promise.all(imageStreams.map(describeImages));
  await parser.stop();
  return images;
}

async function describeImages(stream: shaka.extern.Stream): Promise<Image> {
  await stream.createSegmentIndex();
  const references = [...(stream.segmentIndex ?? [])].filter((reference) => reference !== null);
  const layout = references[0]?.getTilesLayout() || stream.tilesLayout || null;
  const [columns = 1, rows = 1] = (layout ?? "").split("x").map(Number);
  return {
    width: stream.width,
    height: stream.height,
    layout,
    mimeType: stream.mimeType,
    segments: references.map((reference) => ({
      uri: reference.getUris()[0],
      startS: reference.getStartTime(),
      endS: reference.getEndTime(),
      tileS: reference.getTileDuration() || (wholeEndOf(reference) - reference.getStartTime()) / (columns * rows),
    })),
  };
}

/** Return the end of a sheet with the tiles that it has room for, from which `Player.getThumbnails` computes the times.
 *
 * Only the debug build has it under this name.
 */
function wholeEndOf(reference: shaka.media.SegmentReference): number {
  return (reference as unknown as { trueEndTime: number }).trueEndTime;
}

function parseTrack(track: string): { endS: number; text: string }[] {
  const time = { periodStart: 0, segmentStart: 0, segmentEnd: 1e6, vttOffset: 0 };
  const data = new TextEncoder().encode(track);
  const cues = new shaka.text.VttTextParser().parseMedia(data, time, "https://media.test/a/b.vtt", []) as {
    endTime: number;
    payload: string;
  }[];
  return cues.map(({ endTime, payload }) => ({ endS: endTime, text: payload }));
}

describe.each(CASES)("players read a storyboard: $name", ({ name, sheets, image, tileS, tiles, durationS }) => {
  const sheetS = tileS * Number(image.layout.split("x")[0]) * Number(image.layout.split("x")[1]);

  function check(found: Image[]) {
    expect(found).toHaveLength(1);
    const [{ segments, ...described }] = found as [Image];
    expect(described).toEqual(image);
    expect(segments.map(({ uri }) => uri)).toEqual(sheets.map((sheet) => `https://media.test/a/${sheet}`));
    expect(segments.map(({ startS }) => startS)).toEqual(sheets.map((_, at) => expect.closeTo(at * sheetS, 3)));
    expect(segments.at(-1)?.endS).toBeCloseTo(durationS, 3);
    expect(segments.map((segment) => segment.tileS)).toEqual(sheets.map(() => expect.closeTo(tileS, 4)));
  }

  it("Shaka Player finds the image playlist by the line in its comment", async () => {
    const playlist = read(`${name}.m3u8`);
    const line = /# Multivariant playlist: (.*)/.exec(playlist)?.[1] ?? "";
    const uri = /URI="(.*)"/.exec(line)?.[1] ?? "";
    const video = `#EXTM3U\n#EXT-X-TARGETDURATION:${durationS}\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:${durationS},\nv.ts`;
    const multivariant = `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000,CODECS="avc1.42c01e"\nv.m3u8\n${line}\n`;
    const files = { "main.m3u8": multivariant, "v.m3u8": `${video}\n#EXT-X-ENDLIST\n`, [uri]: playlist };
    check(await parseManifest("main.m3u8", files));
  });

  it("Shaka Player takes the adaptation set in the manifest of a video", async () => {
    const manifest = read(`${name}.mpd`).replace("  </Period>", `${VIDEO_ADAPTATION_SET}\n  </Period>`);
    check(await parseManifest("main.mpd", { "main.mpd": manifest }));
  });

  it("Shaka Player reads a cue for each tile", () => {
    const cues = parseTrack(read(`${name}.vtt`));
    expect(cues).toHaveLength(tiles);
    expect(cues.at(-1)?.endS).toBeCloseTo(durationS, 3);
    expect([...new Set(cues.map(({ text }) => text.split("#")[0]))]).toEqual(sheets);
  });

  it("m3u8-parser reads a segment for each sheet", () => {
    const parser = new Parser();
    parser.push(read(`${name}.m3u8`));
    parser.end();
    const { segments, endList, playlistType, targetDuration } = parser.manifest;
    expect(segments.map(({ uri }) => uri)).toEqual(sheets);
    expect(segments.reduce((total, { duration }) => total + duration, 0)).toBeCloseTo(durationS, 3);
    expect([endList, playlistType]).toEqual([true, "VOD"]);
    expect(Math.max(...segments.map(({ duration }) => Math.round(duration)))).toBeLessThanOrEqual(targetDuration);
  });
});
