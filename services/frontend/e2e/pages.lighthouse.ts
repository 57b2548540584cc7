/** Lighthouse on every page, logged in: ./noxw lighthouse prints a table. The performance score is left out, because
 * the scene is drawn without a graphics card here. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "@playwright/test";
import { expect, file, test, untilIdle, upload, uploadRow } from "./board";
import { makeTemporaryFolder } from "./temporary";

const LAYOUT_SHIFT = 0.05;
const MAX_ATTEMPTS = 3;
const JUDGED = ["accessibility", "best-practices"] as const;

interface Report {
  runtimeError?: { message: string };
  categories: Record<(typeof JUDGED)[number], { score: number; auditRefs: { id: string; weight: number }[] }>;
  audits: Record<string, { score: number | null; numericValue?: number; errorMessage?: string; title: string }>;
}

type Lighthouse = (url: string, options: object, config?: object) => Promise<{ lhr: Report } | undefined>;

/** Installed separately: see e2e/lighthouse/package.json. */
async function lighthouse(): Promise<{ run: Lighthouse; desktop: object }> {
  const core = join(import.meta.dirname, "lighthouse", "node_modules", "lighthouse", "core");
  const found = (await import(join(core, "index.js"))) as { default: Lighthouse; desktopConfig: object };
  return { run: found.default, desktop: found.desktopConfig };
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

test("scores 100 for accessibility and best practices", async ({ demo }, { project }) => {
  test.setTimeout(1_200_000);
  const { run, desktop } = await lighthouse();
  const profile = makeTemporaryFolder("dashboard-lighthouse-");
  const launch = project.use.launchOptions ?? {};
  const context = await chromium.launchPersistentContext(profile, {
    ...launch,
    args: [...(launch.args ?? []), "--remote-debugging-port=0"],
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
      "/login",
    ];
    const faults: string[] = [];
    for (const [form, config] of [
      ["desktop", desktop],
      ["phone", undefined],
    ] as const) {
      for (const path of paths) {
        const options = {
          port: Number(port),
          // Keep the session's cookie.
          disableStorageReset: true,
          onlyCategories: [...JUDGED],
          onlyAudits: ["cumulative-layout-shift"],
          throttlingMethod: "provided",
          logLevel: "error",
        };
        const report = await takeReport(() => run(new URL(path, demo.endpoints.dashboard).href, options, config));
        const scores = JUDGED.map((name) => Math.round(report.categories[name].score * 100));
        const shift = report.audits["cumulative-layout-shift"]?.numericValue ?? Number.NaN;
        console.log(
          `${form.padEnd(8)}${path.padEnd(46)}accessibility ${scores[0]}  best practices ${scores[1]}  layout shift ${shift.toFixed(3)}`,
        );
        for (const name of JUDGED) {
          for (const { id, weight } of report.categories[name].auditRefs) {
            const audit = report.audits[id];
            if (weight > 0 && audit?.score !== null && audit?.score !== 1)
              faults.push(`${form} ${path}: ${id}: ${audit?.title}`);
          }
        }
        if (!(shift < LAYOUT_SHIFT)) faults.push(`${form} ${path}: layout shift ${shift}`);
      }
    }
    expect(faults).toEqual([]);
  } finally {
    await context.close();
  }
});
