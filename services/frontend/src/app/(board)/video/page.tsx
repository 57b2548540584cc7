import type { Metadata } from "next";
import { VideoPage } from "@/features/videos/components/video-page";
import { text } from "@/text";

export const metadata: Metadata = { title: text.video.title };

export default function Page() {
  return <VideoPage />;
}
