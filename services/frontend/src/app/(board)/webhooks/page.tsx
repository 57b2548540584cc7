import type { Metadata } from "next";
import { WebhooksPage } from "@/features/webhooks/webhooks-page";
import { text } from "@/text/pages/webhooks";

export const metadata: Metadata = { title: text.webhooks.title };

export default function Page() {
  return <WebhooksPage />;
}
