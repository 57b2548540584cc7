"use client";

import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { text } from "@/text";
import { IconButton } from "./button";

interface DialogProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
}

/** Modal dialog on the browser's own `<dialog>`: it traps the focus, closes on Escape and restores the focus. */
export function Dialog({ title, isOpen, onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    if (isOpen && !dialog.open) dialog.showModal();
    if (!isOpen && dialog.open) dialog.close();
  }, [isOpen]);
  return (
    <dialog
      ref={ref}
      aria-labelledby={titleId}
      onClose={onClose}
      className="w-[min(34rem,calc(100vw-2rem))] rounded-xl border border-line bg-panel p-0 shadow-2xl"
    >
      {isOpen ? (
        <>
          <div className="flex items-center justify-between gap-4 border-b border-line py-2 pr-2 pl-5">
            <h2 id={titleId} className="text-base font-semibold">
              {title}
            </h2>
            <IconButton label={text.common.close} icon={<X size={18} aria-hidden />} onClick={onClose} />
          </div>
          <div className="p-5">{children}</div>
        </>
      ) : null}
    </dialog>
  );
}
