import type { Metadata } from "next";
import { VideosPage } from "@/features/videos/videos-page";
import { text } from "@/text";

export const metadata: Metadata = { title: text.list.title };

export default function Page() {
  return <VideosPage />;
}
