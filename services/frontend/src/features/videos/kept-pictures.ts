"use client";

import { useState } from "react";
import type { VideoDetails } from "@/lib/api/models";

/**
 * Return the video with its pictures of before while a worker makes them again: a record in progress lists none. Those
 * of another upload are not shown.
 */
export function useKeptPictures(video: VideoDetails): VideoDetails {
  const [last, setLast] = useState(video);
  if (last !== video && (video.state !== "processing" || video.thumbnails.length > 0)) setLast(video);
  const isSame = last.key === video.key && last.uploaded_at === video.uploaded_at;
  if (video.state !== "processing" || video.thumbnails.length > 0 || !isSame) return video;
  const { thumbnails, storyboard, preview, poster } = last;
  return { ...video, duration_s: video.duration_s ?? last.duration_s ?? null, thumbnails, storyboard, preview, poster };
}
