import type { NextConfig } from "next";
import { FIXED_HEADERS } from "./src/lib/server/security-headers";

const config: NextConfig = {
  output: "standalone",
  outputFileTracingRoot: import.meta.dirname,
  // Thumbnails are presigned and have their final size, so the image optimizer (17 MB) is left out.
  images: { unoptimized: true },
  outputFileTracingExcludes: { "*": ["node_modules/sharp/**", "node_modules/@img/**", "node_modules/typescript/**"] },
  // `npm run types` checks the types: a build that did would need two thirds more CPU time.
  typescript: { ignoreBuildErrors: true },
  turbopack: { rules: { "uPlot.esm.js": { loaders: ["./scripts/plot-without-intl.cjs"] } } },
  // Images and CI begin without this cache of builds, and writing it takes a tenth of a build's CPU time.
  experimental: { turbopackFileSystemCacheForBuild: false },
  poweredByHeader: false,
  reactStrictMode: true,
  devIndicators: false,
  headers: async () => [
    // Pages of other sites may show the pictures under /t: their headers are the api's own.
    { source: "/((?!t/).*)", headers: Object.entries(FIXED_HEADERS).map(([key, value]) => ({ key, value })) },
  ],
};

export default config;
