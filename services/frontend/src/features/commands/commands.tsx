"use client";

import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { uploadInput } from "@/features/uploads/components/upload-button";
import { actionOf } from "./shortcuts";
import { hasSingleKeys, openOverlay, useOverlay } from "./store";

const Palette = dynamic(() => import("./components/palette").then((found) => found.Palette), { ssr: false });
const KeysDialog = dynamic(() => import("./components/keys-dialog").then((found) => found.KeysDialog), { ssr: false });
const ReconcileDialog = dynamic(
  () => import("@/features/reconciliation/reconcile-dialog").then((found) => found.ReconcileDialog),
  { ssr: false },
);
const ProcessingDialog = dynamic(
  () => import("@/features/processing/processing-dialog").then((found) => found.ProcessingDialog),
  { ssr: false },
);

const SEQUENCE_MS = 1500;

/** Keys of every page, with the overlays that they open. */
export function Commands() {
  const overlay = useOverlay();
  const router = useRouter();
  useEffect(() => {
    let before: { key: string; atMs: number } | null = null;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || document.querySelector("dialog[open]")) return;
      const previous = before && event.timeStamp - before.atMs < SEQUENCE_MS ? before.key : null;
      const isCommand = event.ctrlKey || event.metaKey;
      const action = actionOf(
        { key: event.key, isCommand, isTyping: isField(event.target) },
        previous,
        hasSingleKeys(),
      );
      before = action ? null : { key: event.key, atMs: event.timeStamp };
      if (!action) return;
      event.preventDefault();
      if (action.kind === "go") router.push(action.to);
      else if (action.kind === "upload") uploadInput()?.click();
      else openOverlay(action.kind);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [router]);
  if (overlay === "palette") return <Palette onClose={() => openOverlay(null)} />;
  if (overlay === "reconcile") return <ReconcileDialog onClose={() => openOverlay(null)} />;
  if (overlay === "processing") return <ProcessingDialog onClose={() => openOverlay(null)} />;
  return overlay === "keys" ? <KeysDialog onClose={() => openOverlay(null)} /> : null;
}

function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "button"].includes(target.type);
  return target.isContentEditable || ["TEXTAREA", "SELECT"].includes(target.tagName);
}
