/** The real demo: embedded AWS, workers, api and dashboard, started and stopped by the tests. */

import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const PYTHON = process.env.E2E_PYTHON ?? "python3";
const START_TIMEOUT_MS = 400_000;
const STOP_TIMEOUT_MS = 60_000;
const ROTATION_TIMEOUT_MS = 120_000;
/** Turn on the optional outputs, so that the tests cover them. */
const SETTINGS = [
  "--set=THUMBNAIL_STORYBOARD=true",
  "--set=THUMBNAIL_PREVIEW=true",
  "--set=THUMBNAIL_POSTER=true",
  "--set=EVENTS_ENABLED=true",
  "--set=EVENTS_ALLOW_PRIVATE_TARGETS=true",
  "--set=EVENTS_BUS=thumbnails",
];

// The demo writes these names, in Python's case, to endpoints.json.
/* eslint-disable @typescript-eslint/naming-convention */
export interface Endpoints {
  aws: string;
  bucket: string;
  queue_url: string;
  dead_letter_queue_url: string;
  videos_table: string;
  api: string;
  dashboard: string;
  token_file: string;
  pid: number;
}
/* eslint-enable @typescript-eslint/naming-convention */

export class Demo {
  private constructor(
    private readonly process: ChildProcess,
    readonly data: string,
    readonly endpoints: Endpoints,
  ) {}

  /** Start with an empty pipeline. Keep the samples, and draw them if they are missing. */
  static async start(data = process.env.E2E_DATA ?? join(ROOT, ".nox", "e2e-data")): Promise<Demo> {
    mkdirSync(data, { recursive: true });
    for (const name of readdirSync(data)) if (name !== "samples") rmSync(join(data, name), { recursive: true });
    const env = { ...process.env, PYTHONPATH: ROOT, COLUMNS: "200", TERM: "dumb", FORCE_COLOR: undefined };
    // The demo draws samples while it already runs, but the tests need them at the start.
    const script =
      "import sys, pathlib; from services.local.samples import make_samples; make_samples(pathlib.Path(sys.argv[1]))";
    execFileSync(PYTHON, ["-c", script, join(data, "samples")], { cwd: ROOT, env });
    const log = openSync(join(data, "demo.log"), "w");
    const child = spawn(PYTHON, ["-m", "services.local", ...SETTINGS, "--data", data], {
      cwd: ROOT,
      env,
      stdio: ["ignore", log, log],
    });
    const file = join(data, "endpoints.json");
    for (const until = Date.now() + START_TIMEOUT_MS; ; await sleep(200)) {
      if (child.exitCode !== null || Date.now() > until) {
        child.kill();
        throw new Error(`The demo did not start:\n${readFileSync(join(data, "demo.log"), "utf8").slice(-3000)}`);
      }
      if (!existsSync(file)) continue;
      const endpoints = JSON.parse(readFileSync(file, "utf8")) as Partial<Endpoints>;
      if (endpoints.dashboard) return new Demo(child, data, endpoints as Endpoints);
    }
  }

  get token(): string {
    return readFileSync(this.endpoints.token_file, "utf8");
  }

  /** Replace the tokens, and return when the api accepts `token`: it reads the file every few seconds. */
  async rotate(tokens: string, token = tokens): Promise<void> {
    writeFileSync(this.endpoints.token_file, tokens);
    const headers = { Authorization: `Bearer ${token.trim()}` };
    const ask = () => fetch(`${this.endpoints.api}/api/config`, { headers });
    // An api that is starting, or is closing an idle connection, refuses the request.
    const isTaken = () =>
      ask().then(
        ({ ok }) => ok,
        () => false,
      );
    for (const until = Date.now() + ROTATION_TIMEOUT_MS; !(await isTaken()); await sleep(1000)) {
      if (Date.now() > until) throw new Error("The api does not take the new token.");
    }
  }

  /** Address that logs in, as the demo prints it. */
  get login(): string {
    return `${this.endpoints.dashboard}/login#token=${this.token}`;
  }

  /** Upload files to the bucket directly, without the dashboard. */
  async put(...files: readonly (readonly [key: string, path: string])[]): Promise<void> {
    const { aws, bucket } = this.endpoints;
    const script = `import sys, boto3
s3 = boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1",
                  aws_access_key_id="test", aws_secret_access_key="test")
for key, path in zip(sys.argv[3::2], sys.argv[4::2]):
    s3.upload_file(path, sys.argv[2], key)`;
    await promisify(execFile)(PYTHON, ["-c", script, aws, bucket, ...files.flat()]);
  }

  /** Return the id of the demo's process, or of a descendant, whose command contains `module`. */
  pidOf(module: string): number {
    const lines = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" }).trim().split("\n");
    const all = lines.map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)).filter((match) => match !== null);
    const ours = new Set([this.endpoints.pid]);
    // A child usually comes after its parent; the second round finds the others.
    for (let round = 0; round < 2; round += 1)
      for (const [, pid, parent] of all) if (ours.has(Number(parent))) ours.add(Number(pid));
    const found = all.find(([, pid, , command]) => ours.has(Number(pid)) && command?.includes(module));
    if (!found) throw new Error(`There is no process ${module}.`);
    return Number(found[1]);
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null) return;
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGTERM");
    await Promise.race([
      ended,
      sleep(STOP_TIMEOUT_MS, undefined, { ref: false }).then(() => this.process.kill("SIGKILL")),
    ]);
  }
}
