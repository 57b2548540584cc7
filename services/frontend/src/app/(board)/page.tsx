import type { Metadata } from "next";
import { OverviewPage } from "@/features/overview/overview-page";
import { text } from "@/text";

export const metadata: Metadata = { title: text.overview.title };

export default function Page() {
  return <OverviewPage />;
}
