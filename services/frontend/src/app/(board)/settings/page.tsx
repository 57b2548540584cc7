import type { Metadata } from "next";
import { SettingsPage } from "@/features/settings/settings-page";
import { listSettings } from "@/lib/server/settings";
import { text } from "@/text/pages/settings";

export const metadata: Metadata = { title: text.settings.title };

export default function Page() {
  return <SettingsPage dashboard={listSettings()} />;
}
