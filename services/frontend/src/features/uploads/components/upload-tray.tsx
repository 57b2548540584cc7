"use client";

import { ChevronDown, ChevronUp } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, IconButton } from "@/components/ui/button";
import { text } from "@/text";
import { clearEnded, hasEnded, isOpen, useUploads } from "../store";
import { UploadRow } from "./upload-row";

/** All uploads of this tab, in a corner of every page. */
export function UploadTray() {
  const uploads = useUploads((all) => all);
  const [isSmall, setSmall] = useState(false);
  const open = uploads.filter((upload) => !hasEnded(upload)).length;
  const isSending = uploads.some(isOpen);

  useEffect(() => {
    if (!isSending) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [isSending]);

  if (uploads.length === 0) return null;
  return (
    <section
      aria-label={text.uploads.title}
      className="fixed right-4 bottom-4 z-40 w-[min(26rem,calc(100vw-2rem))] overflow-hidden rounded-xl border border-line bg-panel shadow-2xl"
    >
      <header className="flex h-11 items-center gap-2 border-b border-line pr-1.5 pl-4">
        <h2 className="font-semibold">{text.uploads.title}</h2>
        <p role="status" className="truncate text-xs text-muted">
          {text.uploads.summary(open, uploads.length)}
        </p>
        <div className="ml-auto flex">
          {uploads.some(hasEnded) ? (
            <Button kind="quiet" onClick={clearEnded}>
              {text.uploads.clearFinished}
            </Button>
          ) : null}
          <IconButton
            label={isSmall ? text.uploads.restore : text.uploads.minimize}
            aria-expanded={!isSmall}
            icon={isSmall ? <ChevronUp size={18} aria-hidden /> : <ChevronDown size={18} aria-hidden />}
            onClick={() => setSmall((small) => !small)}
          />
        </div>
      </header>
      {isSmall ? null : (
        <ul tabIndex={0} aria-label={text.uploads.title} className="max-h-[min(28rem,60vh)] overflow-y-auto">
          {uploads.map((upload) => (
            <UploadRow key={upload.id} upload={upload} />
          ))}
        </ul>
      )}
    </section>
  );
}
