// Write src/lib/api/schema.ts from src/lib/api/openapi.json, which `./noxw generate` writes from the api.
// With --check, write nothing and fail if the file is stale.
import { readFileSync, writeFileSync } from "node:fs";
import openapiTypescript, { astToString } from "openapi-typescript";

const DOCUMENT = new URL("../src/lib/api/openapi.json", import.meta.url);
const TYPES = new URL("../src/lib/api/schema.ts", import.meta.url);
const HEAD = "// Generated from the api's OpenAPI document: ./noxw generate. Do not edit.\n\n";

const document = withWholeAnswers(JSON.parse(readFileSync(DOCUMENT, "utf8")));
const types = HEAD + astToString(await openapiTypescript(document, { alphabetize: true, defaultNonNullable: false }));

if (!process.argv.includes("--check")) {
  writeFileSync(TYPES, types);
} else if (readFileSync(TYPES, "utf8") !== types) {
  process.stderr.write("src/lib/api/schema.ts is not what the api's OpenAPI document says: run ./noxw generate\n");
  process.exitCode = 1;
}

// A response has every field that has a default; only a request may omit it. The document cannot express that.
function withWholeAnswers(openapi) {
  const questions = new Set();
  for (const operation of Object.values(openapi.paths).flatMap(Object.values)) {
    const body = operation.requestBody?.content?.["application/json"]?.schema?.$ref;
    if (body) questions.add(body.slice(body.lastIndexOf("/") + 1));
  }
  for (const [name, schema] of Object.entries(openapi.components.schemas)) {
    if (questions.has(name) || !schema.properties) continue;
    const filled = Object.keys(schema.properties).filter((field) => "default" in schema.properties[field]);
    schema.required = [...new Set([...(schema.required ?? []), ...filled])].sort();
  }
  return openapi;
}
