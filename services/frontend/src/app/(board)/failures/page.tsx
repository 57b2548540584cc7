import type { Metadata } from "next";
import { FailuresPage } from "@/features/failures/failures-page";
import { text } from "@/text";

export const metadata: Metadata = { title: text.failures.title };

export default function Page() {
  return <FailuresPage />;
}
