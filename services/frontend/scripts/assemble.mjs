// Complete the standalone server: Next.js copies neither the static files nor our connection limits into it.
import { cpSync, existsSync } from "node:fs";

const SERVER = ".next/standalone";

cpSync(".next/static", `${SERVER}/.next/static`, { recursive: true });
if (existsSync("public")) cpSync("public", `${SERVER}/public`, { recursive: true });
cpSync("scripts/limits.cjs", `${SERVER}/limits.cjs`);
