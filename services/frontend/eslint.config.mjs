import coreWebVitals from "eslint-config-next/core-web-vitals";
import typescript from "eslint-config-next/typescript";
import { defineConfig, globalIgnores } from "eslint/config";

export default defineConfig([
  ...coreWebVitals,
  ...typescript,
  globalIgnores([".next/**", "next-env.d.ts", "src/lib/api/schema.ts", "test-results/**", "playwright-report/**"]),
  {
    rules: {
      // Thumbnails are presigned and sized; next/image would only wrap them.
      "@next/next/no-img-element": "off",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-explicit-any": "error",
      eqeqeq: "error",
      "no-console": "error",
      "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
    },
  },
  // Loaded by `node --require`, which takes no other kind of module.
  { files: ["scripts/*.cjs"], rules: { "@typescript-eslint/no-require-imports": "off" } },
  // Playwright's fixtures `use` what they make, and the tests print what they have measured.
  { files: ["e2e/**"], rules: { "react-hooks/rules-of-hooks": "off", "no-console": "off" } },
  // react-three-fiber's props are those of three.js, and a scene is made of objects that are changed in place.
  {
    files: ["src/features/scene/**"],
    rules: { "react/no-unknown-property": "off", "react-hooks/immutability": "off" },
  },
]);
