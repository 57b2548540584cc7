import type { Metadata } from "next";
import { LogsPage } from "@/features/logs/logs-page";
import { text } from "@/text/pages/logs";

export const metadata: Metadata = { title: text.logs.title };

export default function Page() {
  return <LogsPage />;
}
