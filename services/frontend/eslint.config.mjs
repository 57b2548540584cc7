import { readFileSync } from "node:fs";
import coreWebVitals from "eslint-config-next/core-web-vitals";
import typescript from "eslint-config-next/typescript";
import { defineConfig, globalIgnores } from "eslint/config";

const openapi = JSON.parse(readFileSync(new URL("src/lib/api/openapi.json", import.meta.url), "utf8"));

/** Return every snake_case string in the api's document: fields, parameters, enumeration values. */
function apiNames(part) {
  if (typeof part === "string") return /^[a-z0-9]+(_[a-z0-9]+)+$/.test(part) ? [part] : [];
  return part && typeof part === "object" ? Object.entries(part).flat().flatMap(apiNames) : [];
}

const snakeCase = [...new Set(apiNames(openapi))].join("|");

export default defineConfig([
  ...coreWebVitals,
  ...typescript,
  globalIgnores([".next/**", "next-env.d.ts", "src/lib/api/schema.ts", "test-results/**", "playwright-report/**"]),
  {
    rules: {
      // Thumbnails are presigned and have their final size; next/image would only wrap them.
      "@next/next/no-img-element": "off",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-explicit-any": "error",
      eqeqeq: "error",
      "no-console": "error",
      "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
      // camelCase with the unit at the end (tileHeightPx). Only fields of the api keep their snake_case.
      "@typescript-eslint/naming-convention": [
        "error",
        { selector: "default", format: ["camelCase"], leadingUnderscore: "allow" },
        { selector: "import", format: null },
        { selector: "variable", format: ["camelCase", "PascalCase", "UPPER_CASE"], leadingUnderscore: "allow" },
        { selector: "function", format: ["camelCase", "PascalCase", "UPPER_CASE"] },
        { selector: "typeLike", format: ["PascalCase"] },
        { selector: ["variable", "parameter"], modifiers: ["destructured"], format: null },
        { selector: "memberLike", format: ["camelCase", "PascalCase", "UPPER_CASE"] },
        { selector: "memberLike", filter: { regex: `^(${snakeCase})$`, match: true }, format: null },
        { selector: "memberLike", modifiers: ["requiresQuotes"], format: null },
      ],
    },
  },
  // `node --require` loads CommonJS modules only.
  { files: ["scripts/*.cjs"], rules: { "@typescript-eslint/no-require-imports": "off" } },
  // Playwright's fixtures call `use`, which is not a hook, and the tests print their measurements.
  { files: ["e2e/**"], rules: { "react-hooks/rules-of-hooks": "off", "no-console": "off" } },
  // react-three-fiber takes the props of three.js, whose objects are changed in place.
  {
    files: ["src/features/scene/**"],
    rules: { "react/no-unknown-property": "off", "react-hooks/immutability": "off" },
  },
]);
