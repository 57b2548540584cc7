"use client";

import { Upload as UploadIcon } from "lucide-react";
import { useEffect, useState } from "react";
import { useConfig, useIsOperator } from "@/features/session/session";
import { text } from "@/text";
import { uploadLimits } from "../validate-file";
import { addFiles } from "../store";

/** Accept files that are dropped anywhere on the page. */
export function DropZone() {
  const config = useConfig();
  const isOperator = useIsOperator();
  const [isOver, setOver] = useState(false);

  useEffect(() => {
    if (!config || !isOperator) return;
    const limits = uploadLimits(config);
    // Entering a child also fires a leave event: count both to detect when the pointer leaves the page.
    let depth = 0;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const enter = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth += 1;
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth -= 1;
      if (depth <= 0) setOver(false);
    };
    const over = (event: DragEvent) => {
      if (hasFiles(event)) event.preventDefault();
    };
    const drop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth = 0;
      setOver(false);
      addFiles(event.dataTransfer?.files ?? [], limits);
    };
    const listeners = { dragenter: enter, dragleave: leave, dragover: over, drop } as const;
    for (const [name, listener] of Object.entries(listeners)) window.addEventListener(name as "drop", listener);
    return () => {
      for (const [name, listener] of Object.entries(listeners)) window.removeEventListener(name as "drop", listener);
    };
  }, [config, isOperator]);

  if (!isOver || !config) return null;
  return (
    <div className="pointer-events-none fixed inset-0 z-50 grid place-items-center bg-canvas/85 p-6">
      <div className="grid size-full place-items-center rounded-2xl border-2 border-dashed border-accent">
        <div className="flex flex-col items-center gap-3 text-center">
          <UploadIcon size={36} aria-hidden className="text-accent" />
          <p className="text-lg font-medium">{text.uploads.dropHere}</p>
          <p className="text-muted">{text.uploads.kinds(uploadLimits(config).extensions)}</p>
        </div>
      </div>
    </div>
  );
}
