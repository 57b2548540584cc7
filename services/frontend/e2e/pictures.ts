/** Where pictures for the documentation go, and the Python programs beside this file that make them. */

import { execFileSync } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..", "..");

export const IMAGES = process.env.E2E_IMAGES ?? join(ROOT, "docs", "images");

/** Run one of the Python programs in this folder. */
export function run(program: string, ...given: string[]): void {
  execFileSync(process.env.E2E_PYTHON ?? "python3", [join(import.meta.dirname, program), ...given], {
    env: { ...process.env, PYTHONPATH: ROOT },
    stdio: "inherit",
  });
}
