/** Lighthouse on every page, logged in: ./noxw lighthouse prints a table for a desktop, for a phone as Lighthouse
 * simulates it on any machine, and for one that is calibrated to the speed of this machine. The scene is left out:
 * without a graphics card it is drawn by the processor, which says nothing about a visitor's machine. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "@playwright/test";
import { expect, file, test, untilIdle, upload, uploadRow } from "./board";
import { makeTemporaryFolder } from "./temporary";

const LAYOUT_SHIFT = 0.02;
const MAX_ATTEMPTS = 3;
/** The lowest scores. The performance of a page depends on the machine and on what else it does. */
const JUDGED = {
  performance: { desktop: 80, phone: 50, calibrated: 80 },
  accessibility: { desktop: 100, phone: 100, calibrated: 100 },
  "best-practices": { desktop: 100, phone: 100, calibrated: 100 },
} as const;
type Category = keyof typeof JUDGED;
type Form = keyof (typeof JUDGED)[Category];
const CATEGORIES = Object.keys(JUDGED) as Category[];

interface Audit {
  score: number | null;
  title: string;
  numericValue?: number;
  displayValue?: string;
  errorMessage?: string;
  details?: { items: { node?: { snippet: string } }[] };
}

interface Report {
  environment: { benchmarkIndex: number };
  runtimeError?: { message: string };
  categories: Record<Category, { score: number; auditRefs: { id: string; weight: number }[] }>;
  audits: Record<string, Audit>;
}

type Lighthouse = (url: string, options: object, config?: object) => Promise<{ lhr: Report } | undefined>;

/** Installed separately: see e2e/lighthouse/package.json. */
async function lighthouse(): Promise<{ run: Lighthouse; desktop: object }> {
  const core = join(import.meta.dirname, "lighthouse", "node_modules", "lighthouse", "core");
  const found = (await import(join(core, "index.js"))) as { default: Lighthouse; desktopConfig: object };
  return { run: found.default, desktop: found.desktopConfig };
}

/** Return how much slower than this machine a phone is: Lighthouse divides by 4, which is for a quick desktop, and its
 * documentation advises less for a slow one: https://github.com/GoogleChrome/lighthouse/blob/main/docs/throttling.md */
function chooseSlowdown(benchmarkIndex: number): number {
  if (benchmarkIndex >= 1500) return 4;
  return benchmarkIndex >= 800 ? 2 : 1;
}

function findMedian(values: number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Return the report of a page. Chromium cuts traces short on a busy machine; then take the report again. */
async function takeReport(run: () => ReturnType<Lighthouse>): Promise<Report> {
  for (let attempt = 1; ; attempt += 1) {
    const report = (await run())?.lhr;
    const failed = report?.runtimeError?.message ?? report?.audits["cumulative-layout-shift"]?.errorMessage;
    const failure = report ? failed : "there is no report";
    if (report && !failure) return report;
    if (attempt === MAX_ATTEMPTS)
      throw new Error(`Lighthouse could not report a page ${MAX_ATTEMPTS} times: ${failure}`);
    console.log(`repeated: ${failure}`);
  }
}

test("scores every page for a desktop and a phone", async ({ demo }, { project }) => {
  test.setTimeout(1_200_000);
  const { run, desktop } = await lighthouse();
  const profile = makeTemporaryFolder("dashboard-lighthouse-");
  const launch = project.use.launchOptions ?? {};
  const context = await chromium.launchPersistentContext(profile, {
    ...launch,
    args: [...(launch.args ?? []), "--remote-debugging-port=0", "--disable-3d-apis"],
  });
  try {
    const page = await context.newPage();
    await page.goto(demo.login);
    await expect(page.getByRole("status", { name: "Connection" })).toHaveText("LIVE");
    await upload(page, file("no video.mp4", "text"));
    await expect(uploadRow(page, "no video.mp4")).toContainText("Failed");
    await untilIdle(page);
    const [port] = readFileSync(join(profile, "DevToolsActivePort"), "utf8").split("\n");
    const video = (name: string) => `/video?key=${encodeURIComponent(`uploads/${name}`)}`;
    const paths = [
      "/",
      "/gallery",
      "/videos",
      video("Harbour at dawn.mp4"),
      video("no video.mp4"),
      "/failures",
      "/history",
      "/logs",
      "/webhooks",
      "/settings",
      "/login",
    ];
    const faults: string[] = [];
    const indexes: number[] = [];
    for (const form of ["desktop", "phone", "calibrated"] as Form[]) {
      const slowdown = chooseSlowdown(findMedian(indexes));
      if (form === "calibrated")
        console.log(`phones ${slowdown} times slower: the benchmark index is ${findMedian(indexes)}`);
      for (const path of paths) {
        const options = {
          port: Number(port),
          // Keep the session's cookie.
          disableStorageReset: true,
          onlyCategories: CATEGORIES,
          logLevel: "error",
          ...(form === "calibrated" ? { throttling: { cpuSlowdownMultiplier: slowdown } } : {}),
        };
        const config = form === "desktop" ? desktop : undefined;
        const report = await takeReport(() => run(new URL(path, demo.endpoints.dashboard).href, options, config));
        indexes.push(report.environment.benchmarkIndex);
        const shift = report.audits["cumulative-layout-shift"]?.numericValue ?? Number.NaN;
        const scores = CATEGORIES.map((name) => {
          const { score, auditRefs } = report.categories[name];
          const points = Math.round(score * 100);
          const lost = auditRefs.filter(({ id, weight }) => weight > 0 && (report.audits[id]?.score ?? 1) < 1);
          // A score is rounded: 100 of 100 means that nothing is lost.
          if (!(points >= JUDGED[name][form]) || (JUDGED[name][form] === 100 && lost.length > 0)) {
            const titles = lost.map(
              ({ id }) => `${id} (${report.audits[id]?.displayValue ?? report.audits[id]?.title})`,
            );
            faults.push(`${form} ${path}: ${name} ${points}: ${titles.join(", ")}`);
          }
          return `${name} ${points}`;
        });
        console.log(`${form.padEnd(11)}${path.padEnd(46)}${scores.join("  ")}  layout shift ${shift.toFixed(3)}`);
        const moved = report.audits["layout-shifts"]?.details?.items.map(({ node }) => node?.snippet ?? "?") ?? [];
        if (!(shift < LAYOUT_SHIFT)) faults.push(`${form} ${path}: layout shift ${shift}: ${moved.join(", ")}`);
      }
    }
    expect(faults).toEqual([]);
  } finally {
    await context.close();
  }
});
