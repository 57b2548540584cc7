import type { Config } from "@/lib/api/models";
import type { Limits } from "./admission";

export function limitsOf(config: Config): Limits {
  return { extensions: config.extensions, largestBytes: config.upload_max_bytes };
}
