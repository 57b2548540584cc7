import { text } from "@/text";
import { showToast } from "@/components/ui/toasts";

/** Copy a text to the clipboard, and say what was copied. */
export async function copyText(copied: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(copied);
    showToast({ tone: "good", title: text.common.copied(what) });
  } catch {
    showToast({ tone: "bad", title: text.common.notCopied });
  }
}
