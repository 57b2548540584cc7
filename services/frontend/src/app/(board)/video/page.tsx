import type { Metadata } from "next";
import { VideoPage } from "@/features/videos/video-page";
import { nameOf } from "@/features/videos/names";
import { text } from "@/text";

interface PageProps {
  searchParams: Promise<{ key?: string | string[] }>;
}

/** Name the video in the tab's title. */
export async function generateMetadata({ searchParams }: PageProps): Promise<Metadata> {
  const { key } = await searchParams;
  return { title: typeof key === "string" && key ? nameOf(key) : text.video.title };
}

export default function Page() {
  return <VideoPage />;
}
