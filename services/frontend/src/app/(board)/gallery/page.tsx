import type { Metadata } from "next";
import { GalleryPage } from "@/features/gallery/gallery-page";
import { text } from "@/text";

export const metadata: Metadata = { title: text.gallery.title };

export default function Page() {
  return <GalleryPage />;
}
