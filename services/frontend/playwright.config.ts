import { defineConfig } from "@playwright/test";
import type { Board } from "./e2e/board";

/** noxfile.py sets E2E_CHROMIUM. */
const chromium = process.env.E2E_CHROMIUM ?? "/usr/bin/chromium";

export default defineConfig<Board>({
  testDir: "./e2e",
  // One worker: all tests share one demo and its bucket.
  workers: 1,
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  // Far above what a busy machine needs: a limit here only ends a test that hangs.
  timeout: 600_000,
  expect: { timeout: 60_000 },
  reporter: [["list"]],
  use: {
    launchOptions: {
      executablePath: chromium,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // Draw the scene in software if there is no graphics card.
        "--enable-unsafe-swiftshader",
      ],
    },
  },
  projects: [
    { name: "e2e", testMatch: "**/*.spec.ts", use: { hasScene: false } },
    { name: "screenshots", testMatch: "**/*.shots.ts" },
    { name: "lighthouse", testMatch: "**/*.lighthouse.ts" },
    { name: "soak", testMatch: "**/*.soak.ts" },
  ],
});
