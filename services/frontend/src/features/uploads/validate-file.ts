/** Refuses, before a byte is sent, what the pipeline would refuse. */

import type { Config } from "@/lib/api/models";
import { text } from "@/text";

export interface Limits {
  extensions: readonly string[];
  largestBytes: number;
}

/** Why a file cannot be uploaded, in one sentence; null when it can. */
export function refusal(file: { name: string; size: number }, { extensions, largestBytes }: Limits): string | null {
  const dot = file.name.lastIndexOf(".");
  const extension = dot < 0 ? "" : file.name.slice(dot).toLowerCase();
  if (!extensions.includes(extension)) return text.uploads.wrongKind(extensions);
  if (file.size === 0) return text.uploads.isEmpty;
  if (file.size > largestBytes) return text.uploads.tooLarge(largestBytes);
  return null;
}

export function limitsOf(config: Config): Limits {
  return { extensions: config.extensions, largestBytes: config.upload_max_bytes };
}
