"use client";

import { Bell, BellRing, ChevronDown, ChevronUp } from "lucide-react";
import { clsx } from "clsx";
import { useEffect, useState } from "react";
import { Button, IconButton } from "@/components/ui/button";
import { text } from "@/text";
import { Progress } from "@/components/ui/progress";
import { clearEnded, FAILED, hasEnded, isOpen, loadSending, shareOf, useUploads } from "../store";
import { useBatchNotification } from "../notification";
import { UploadRow } from "./upload-row";

/** All uploads of this tab, in a corner of every page. */
export function UploadTray() {
  const uploads = useUploads((all) => all);
  // On a phone, the list would cover half of the page.
  const [isSmall, setSmall] = useState(() => window.matchMedia("(max-width: 639px)").matches);
  const notification = useBatchNotification();
  const failed = uploads.filter(({ state }) => FAILED.includes(state)).length;
  const share = uploads.reduce((sum, upload) => sum + shareOf(upload), 0) / Math.max(1, uploads.length);
  const open = uploads.filter((upload) => !hasEnded(upload)).length;
  const isSending = uploads.some(isOpen);

  useEffect(() => {
    // A lost connection must not be the first time that the browser asks for this code.
    loadSending().catch(() => undefined);
  }, []);

  useEffect(() => {
    if (!isSending) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [isSending]);

  if (uploads.length === 0) return null;
  return (
    <>
      {/* On a phone, the list is as wide as the page: let the page scroll until its end is above the list. */}
      <div aria-hidden className={clsx("sm:hidden", isSmall ? "h-14" : "h-[calc(40vh+3.5rem)]")} />
      <section
        aria-label={text.uploads.title}
        className="fixed right-2 bottom-2 z-40 w-[min(26rem,calc(100vw-1rem))] sm:right-4 sm:bottom-4 overflow-hidden rounded-xl border border-line bg-panel shadow-2xl"
      >
        <header className="flex h-11 items-center gap-2 border-b border-line pr-1.5 pl-4">
          <h2 className="font-semibold">{text.uploads.title}</h2>
          <p role="status" className="truncate text-xs text-muted">
            {text.uploads.summary(open, uploads.length, failed)}
          </p>
          <div className="ml-auto flex">
            {uploads.some(hasEnded) ? (
              <Button kind="quiet" onClick={clearEnded}>
                {text.uploads.clearFinished}
              </Button>
            ) : null}
            {notification.toggle && open > 0 ? (
              <IconButton
                label={text.uploads.notify}
                aria-pressed={notification.isOn}
                icon={notification.isOn ? <BellRing size={18} aria-hidden /> : <Bell size={18} aria-hidden />}
                onClick={() => void notification.toggle?.()}
              />
            ) : null}
            <IconButton
              label={isSmall ? text.uploads.restore : text.uploads.minimize}
              aria-expanded={!isSmall}
              icon={isSmall ? <ChevronUp size={18} aria-hidden /> : <ChevronDown size={18} aria-hidden />}
              onClick={() => setSmall((small) => !small)}
            />
          </div>
        </header>
        {isSmall && open > 0 ? <Progress label={text.uploads.title} share={share} /> : null}
        {isSmall ? null : (
          <ul
            tabIndex={0}
            aria-label={text.uploads.title}
            className="max-h-[min(28rem,60vh)] max-sm:max-h-[40vh] overflow-y-auto"
          >
            {uploads.map((upload) => (
              <UploadRow key={upload.id} upload={upload} />
            ))}
          </ul>
        )}
      </section>
    </>
  );
}
