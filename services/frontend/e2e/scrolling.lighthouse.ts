/** Frames a second while a list of 10,000 videos is scrolled: ./noxw lighthouse prints them. */

import { expect, serveVideos, test } from "./board";

/** Of the list, at each speed. */
const SECONDS = 4;
/** Of 60 frames a second, one in twenty may be missing. */
const MIN_FRAMES_PER_S = 57;
/** The first is the speed of Chromium's own benchmarks of scrolling, the second three windows a second. */
const SPEEDS_PX_PER_S = [800, 2700] as const;
/** Thirteen windows a second, which nobody can read: printed only. */
const FLING_PX_PER_S = 11_500;

test("scrolls a list of 10,000 videos at 60 frames a second", async ({ visitor: board, page }) => {
  test.setTimeout(300_000);
  await page.setViewportSize({ width: 1440, height: 900 });
  await serveVideos(page, 10_000);
  await board.goto("/videos");
  await expect(board.getByRole("listitem").filter({ hasText: "video 0.mp4" })).toBeVisible();
  for (const speed of [...SPEEDS_PX_PER_S, FLING_PX_PER_S]) {
    const { frames, scrolledPx } = await page.evaluate(
      async ({ speed, seconds }) => {
        const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
        window.scrollTo(0, 0);
        const frames = [await frame()];
        const passedS = () => (frames.at(-1)! - frames[0]!) / 1000;
        while (passedS() < seconds) {
          window.scrollTo(0, speed * passedS());
          frames.push(await frame());
        }
        return { frames, scrolledPx: window.scrollY };
      },
      { speed, seconds: SECONDS },
    );
    const gapsMs = frames.slice(1).map((atMs, index) => atMs - frames[index]!);
    const perSecond = (1000 * gapsMs.length) / (frames.at(-1)! - frames[0]!);
    console.log(
      `${speed} px/s: ${perSecond.toFixed(1)} frames a second, longest ${Math.max(...gapsMs).toFixed(0)} ms, ${scrolledPx} px`,
    );
    expect(scrolledPx).toBeGreaterThan(speed * SECONDS * 0.9);
    if (speed !== FLING_PX_PER_S) expect.soft(perSecond).toBeGreaterThan(MIN_FRAMES_PER_S);
  }
});
