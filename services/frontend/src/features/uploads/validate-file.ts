/** Check a file before the upload, by the rules of the pipeline. */

import type { Config } from "@/lib/api/models";
import { text } from "@/text";

export interface UploadLimits {
  extensions: readonly string[];
  maxBytes: number;
}

/** Return the reason to refuse a file, or null if it is valid. */
export function rejectionReason(
  file: { name: string; size: number },
  { extensions, maxBytes }: UploadLimits,
): string | null {
  const dot = file.name.lastIndexOf(".");
  const extension = dot < 0 ? "" : file.name.slice(dot).toLowerCase();
  if (!extensions.includes(extension)) return text.uploads.wrongKind(extensions);
  if (file.size === 0) return text.uploads.isEmpty;
  if (file.size > maxBytes) return text.uploads.tooLarge(maxBytes);
  return null;
}

export function uploadLimits(config: Config): UploadLimits {
  return { extensions: config.extensions, maxBytes: config.upload_max_bytes };
}
