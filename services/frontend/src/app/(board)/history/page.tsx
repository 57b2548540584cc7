import type { Metadata } from "next";
import { HistoryPage } from "@/features/history/history-page";
import { text } from "@/text/pages/history";

export const metadata: Metadata = { title: text.history.title };

export default function Page() {
  return <HistoryPage />;
}
