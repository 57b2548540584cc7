/** Texts to copy for applications: addresses, HTML and calls of the api. Pure. */

import type { Thumbnail } from "@/lib/api/models";
import { escapeInvisible } from "@/lib/escape-invisible";
import { baseName, idOf } from "./names";

/** Return the address of a thumbnail that stays the same and needs no login. */
export function stableUrl({ stable_url: url }: Pick<Thumbnail, "stable_url">, origin: string): string {
  return new URL(url, origin).href;
}

type Picture = Pick<Thumbnail, "stable_url" | "width_px" | "height_px" | "video_key">;

/** Return an `<img>` element with the picture's size, so that a page keeps its layout while it loads. */
export function imageElement(picture: Picture, origin: string): string {
  const { width_px: width, height_px: height, video_key: key } = picture;
  const alt = escapeHtml(escapeInvisible(baseName(key)));
  return `<img src="${escapeHtml(stableUrl(picture, origin))}" alt="${alt}" width="${width}" height="${height}" loading="lazy">`;
}

/** Return the call that answers with everything about a video. */
export function videoCall(key: string, origin: string): string {
  return `curl "${origin}/api/videos/${idOf(key)}" \\\n  --header "Authorization: Bearer $PIPELINE_TOKEN"`;
}

function escapeHtml(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
