import type { Metadata } from "next";
import { SettingsPage } from "@/features/settings/settings-page";
import { text } from "@/text";

export const metadata: Metadata = { title: text.settings.title };

export default function Page() {
  return <SettingsPage />;
}
