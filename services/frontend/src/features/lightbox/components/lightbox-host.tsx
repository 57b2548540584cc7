"use client";

import dynamic from "next/dynamic";
import { useSearchParams } from "next/navigation";
import type { VideoPictures } from "@/features/gallery/groups";
import { AT, momentOf, SHOW } from "../address";

const Lightbox = dynamic(() => import("./lightbox").then((found) => found.Lightbox), { ssr: false });

interface LightboxHostProps {
  /** Videos of the page, in its order: j and k move through them. */
  videos: readonly VideoPictures[];
  /** True if the page has not loaded all of its videos. */
  isMore?: boolean;
}

/** The lightbox, if the address asks for it. */
export function LightboxHost({ videos, isMore = false }: LightboxHostProps) {
  const search = useSearchParams();
  const videoKey = search.get(SHOW);
  if (!videoKey) return null;
  return <Lightbox videoKey={videoKey} atS={momentOf(search.get(AT))} videos={videos} isMore={isMore} />;
}

/** Return the key of the video in the lightbox, null if it is closed. */
export function useShownKey(): string | null {
  return useSearchParams().get(SHOW);
}
