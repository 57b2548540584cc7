// Makes the standalone server whole: Next.js leaves the static files to be served by someone else, and has no limits.
import { cpSync, existsSync } from "node:fs";

const SERVER = ".next/standalone";

cpSync(".next/static", `${SERVER}/.next/static`, { recursive: true });
if (existsSync("public")) cpSync("public", `${SERVER}/public`, { recursive: true });
cpSync("scripts/limits.cjs", `${SERVER}/limits.cjs`);
