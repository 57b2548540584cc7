/** Checks of a page's form: axe's rules, and its size in a wide and in a narrow window, in both themes. */

import type { Page } from "@playwright/test";
import axe, { type ElementContext, type RunOptions } from "axe-core";
import { expect } from "./board";

/** The rules that look at colours, by axe's tag `cat.color`: a theme changes nothing else. */
const COLOUR_RULES = ["color-contrast", "link-in-text-block"];

/** Wait until the page has the sizes and colours of a new window or theme: transitions take time. */
async function settle(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const ending = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(ending.map(({ finished }) => finished));
  });
}

/** Fail if axe finds something, or if the page is wider than its window, in both themes, wide and narrow. */
export async function expectNoFaults(page: Page, name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1440, 390]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      await settle(page);
      const where = `${name}, ${colorScheme}, ${width} px`;
      if (colorScheme === "light") await expectFit(page, where);
      expect(await findViolations(page, colorScheme === "light"), where).toEqual([]);
    }
  }
}

/** The page's window with axe, and with the looks of each element whose colours it has checked. */
interface AxeWindow {
  axe: typeof axe;
  checked?: WeakMap<Element, Set<string>>;
}

/**
 * Return each rule of axe that the page breaks, with its elements. These pages have no frames.
 *
 * Without `hasOtherRules`, only those of colours run. They take half of axe's time, and most elements look the same in
 * a narrow window: an element is checked again if its font, its colours, or those of an element around it are others.
 */
async function findViolations(page: Page, hasOtherRules: boolean): Promise<string[]> {
  // Once for each page: axe is half a megabyte, and its start takes a tenth of a second.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  return page.evaluate(
    async ({ others, colours }) => {
      const here = window as unknown as AxeWindow;
      const checked = (here.checked ??= new WeakMap());
      const isNew = (element: Element) => {
        const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim());
        if (!hasText && !element.matches("input, select, textarea")) return false;
        if (!element.checkVisibility({ visibilityProperty: true })) return false;
        const { fontSize, fontWeight, textDecorationLine } = getComputedStyle(element);
        const { width, height } = element.getBoundingClientRect();
        const parts = [fontSize, fontWeight, textDecorationLine, width > 1 && height > 1];
        for (let one: Element | null = element; one; one = one.parentElement) {
          const { color, backgroundColor, backgroundImage, opacity } = getComputedStyle(one);
          parts.push(color, backgroundColor, backgroundImage, opacity);
        }
        const look = parts.join();
        const looks = checked.get(element) ?? new Set();
        if (looks.has(look)) return false;
        checked.set(element, looks.add(look));
        return true;
      };
      const elements = [...document.querySelectorAll("body *")].filter(isNew);
      const runs: [ElementContext, RunOptions][] = [];
      const off = Object.fromEntries(colours.map((rule) => [rule, { enabled: false }]));
      if (others) runs.push([document, { rules: off }]);
      if (elements.length > 0) runs.push([{ include: elements }, { runOnly: { type: "rule", values: colours } }]);
      const found: string[] = [];
      for (const [context, options] of runs) {
        const { violations } = await here.axe.run(context, { resultTypes: ["violations"], ...options });
        found.push(...violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("\n")}`));
      }
      return found;
    },
    { others: hasOtherRules, colours: COLOUR_RULES },
  );
}

/** Fail if the page scrolls sideways, an open dialog is partly outside the window, or `main` is not shown. */
async function expectFit(page: Page, where: string): Promise<void> {
  const sizes = await page.evaluate(() => {
    const main = document.querySelector("main")?.getBoundingClientRect();
    const dialog = document.querySelector("dialog[open]")?.getBoundingClientRect();
    return {
      pagePx: document.documentElement.scrollWidth,
      windowPx: document.documentElement.clientWidth,
      mainPx: main ? Math.min(main.width, main.height) : 0,
      isOutside: dialog
        ? dialog.left < 0 || dialog.top < 0 || dialog.right > innerWidth || dialog.bottom > innerHeight
        : false,
    };
  });
  expect(sizes.pagePx, where).toBeLessThanOrEqual(sizes.windowPx);
  expect(sizes.mainPx, where).toBeGreaterThan(100);
  expect(sizes.isOutside, where).toBe(false);
}

/** Return how far the page's parts have moved since it was opened, without a reason: https://web.dev/articles/cls */
export async function measureShift(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let score = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[])
            if (!entry.hadRecentInput) score += entry.value;
        }).observe({ type: "layout-shift", buffered: true });
        setTimeout(() => resolve(score), 500);
      }),
  );
}
