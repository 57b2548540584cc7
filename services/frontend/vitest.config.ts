import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  test: {
    // All files in one process, which loads React and jsdom once: a quarter of the CPU time of a process for each file.
    isolate: false,
    maxWorkers: 1,
    // Tests of components ask for jsdom, by a comment on their first line.
    environment: "node",
    include: ["{src,scripts}/**/*.test.{ts,tsx}"],
    // Far above what a busy machine needs.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    setupFiles: ["vitest.setup.ts"],
    restoreMocks: true,
    unstubGlobals: true,
  },
});
