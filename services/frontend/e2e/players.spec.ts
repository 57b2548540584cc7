/** Players show the tiles of a storyboard: media-chrome on the page in `examples/`, and dash.js. */

import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, type Page } from "@playwright/test";
import { makeTemporaryFolder } from "./temporary";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const MODULES = join(import.meta.dirname, "..", "node_modules");
const PYTHON = process.env.E2E_PYTHON ?? "python3";
const SITE = "http://site.test";
const DURATION_S = 44;
/** Nine tiles, of five seconds each but the last one. */
const TIMES_S = [1, 12, 27, 43];

const site = makeTemporaryFolder("players-");

/** Draw a film, write its storyboard next to it, and package the film for dash.js. */
test.beforeAll(() => {
  const ffmpeg = execFileSync(PYTHON, ["-c", "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())"]);
  const run = (...given: string[]) =>
    execFileSync(ffmpeg.toString().trim(), ["-v", "error", ...given], { cwd: site, stdio: "inherit" });
  const picture = `testsrc2=size=320x180:rate=10:duration=${DURATION_S}`;
  run("-f", "lavfi", "-i", picture, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "10", "-bf", "0", "film.mp4");
  run("-i", "film.mp4", "-c", "copy", "-f", "dash", "-seg_duration", "5", "video.mpd");
  const command = ["-m", "services.worker", "extract", "film.mp4", "--output", ".", "--storyboard"];
  execFileSync(PYTHON, [...command, "--storyboard-formats", "dash"], {
    cwd: site,
    env: { ...process.env, PYTHONPATH: ROOT },
  });
  const images = /<AdaptationSet[^]*<\/AdaptationSet>/.exec(readSite("film_storyboard.mpd"))?.[0] ?? "";
  writeFileSync(
    join(site, "main.mpd"),
    readSite("video.mpd").replace("</Period>", `${images.replace('id="1"', 'id="images"')}</Period>`),
  );
  copyFileSync(join(ROOT, "examples", "trick-play.html"), join(site, "trick-play.html"));
  const dashJs = "node_modules/dashjs/dist/modern/umd/dash.all.min.js";
  writeFileSync(join(site, "dash.html"), `<!doctype html><video muted></video><script src="${dashJs}"></script>`);
});

test.beforeEach(async ({ page }) => {
  await page.route(`${SITE}/**`, (route) => {
    const name = new URL(route.request().url()).pathname.slice(1);
    return route.fulfill({
      path: name.startsWith("node_modules/") ? join(MODULES, name.slice("node_modules/".length)) : join(site, name),
    });
  });
});

function readSite(name: string): string {
  return readFileSync(join(site, name), "utf8");
}

/** Return the tile that the WebVTT file has for a time. */
function findTile(timeS: number): { sheet: string; box: number[] } {
  const cues = [...readSite("film_storyboard.vtt").matchAll(/([\d:.]+) --> ([\d:.]+)\s+(\S+)#xywh=([\d,]+)/g)];
  const seconds = (text = "") => text.split(":").reduce((total, part) => total * 60 + Number(part), 0);
  const cue = cues.find(([, start, end]) => seconds(start) <= timeS && timeS < seconds(end));
  expect(cue, `a cue at ${timeS} s`).toBeDefined();
  return { sheet: `${SITE}/${cue?.[3]}`, box: (cue?.[4] ?? "").split(",").map(Number) };
}

async function pointAt(page: Page, timeS: number): Promise<void> {
  const box = await page.locator("media-time-range").boundingBox();
  expect(box).not.toBeNull();
  if (!box) return;
  const track = await page.locator("media-time-range").evaluate((range) => {
    const { left, width } = range.shadowRoot?.querySelector("#range")?.getBoundingClientRect() ?? { left: 0, width: 0 };
    return { left, width };
  });
  await page.mouse.move(track.left + (track.width * timeS) / DURATION_S, box.y + box.height / 2);
}

test("media-chrome shows the tile under the pointer on the example page", async ({ page }) => {
  await page.goto(`${SITE}/trick-play.html`);
  await expect(page.locator("#note")).toContainText("It has 9 tiles.");
  const controller = page.locator("media-controller");
  await expect(controller).toHaveAttribute("mediaduration", /^4[34]/);
  for (const timeS of TIMES_S) {
    await pointAt(page, timeS);
    const { sheet, box } = findTile(timeS);
    await expect(controller).toHaveAttribute("mediapreviewimage", `${sheet}#xywh=${box.join(",")}`);
    await expect(controller).toHaveAttribute("mediapreviewcoords", box.join(" "));
  }
  const picture = page.locator("media-preview-thumbnail img").first();
  await expect(picture).toBeVisible();
  expect(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
});

test("dash.js finds the tile of each time in the adaptation set", async ({ page }) => {
  await page.goto(`${SITE}/dash.html`);
  const found = await page.evaluate(async (timesS) => {
    interface Thumbnail {
      url: string;
      x: number;
      y: number;
      width: number;
      height: number;
    }
    interface Player {
      initialize: (video: Element | null, url: string, autoPlay: boolean) => void;
      on: (event: string, listener: () => void) => void;
      provideThumbnail: (timeS: number, show: (thumbnail: Thumbnail) => void) => void;
    }
    const { dashjs } = window as unknown as { dashjs: { MediaPlayer: () => { create: () => Player } } };
    const player = dashjs.MediaPlayer().create();
    const ready = new Promise<void>((resolve) => player.on("streamInitialized", resolve));
    player.initialize(document.querySelector("video"), "main.mpd", false);
    await ready;
    const ask = (timeS: number) => new Promise<Thumbnail>((resolve) => player.provideThumbnail(timeS, resolve));
    return Promise.all(timesS.map(ask));
  }, TIMES_S);
  expect(found.map(({ url, x, y, width, height }) => ({ sheet: url, box: [x, y, width, height] }))).toEqual(
    TIMES_S.map(findTile),
  );
});
