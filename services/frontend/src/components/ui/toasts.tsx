"use client";

import { X } from "lucide-react";
import { useEffect } from "react";
import { createStore, useStore } from "zustand";
import { text } from "@/text";
import { Button, IconButton } from "./button";
import { clsx } from "clsx";

interface Toast {
  id: number;
  tone: "good" | "bad";
  title: string;
  detail?: string;
  retry?: () => void;
  /** Another button, such as one that undoes what was done. */
  action?: { label: string; run: () => void };
}

const SHOWN_MS = 6000;
/** Longer for a message with a button. */
const SHOWN_WITH_ACTION_MS = 20_000;
const store = createStore<{ toasts: Toast[] }>(() => ({ toasts: [] }));
let lastId = 0;

/** Show a short message. Successes disappear after some seconds; failures stay until they are dismissed. */
export function showToast(toast: Omit<Toast, "id">): void {
  lastId += 1;
  const shown = { ...toast, id: lastId };
  store.setState(({ toasts }) => ({
    toasts: [...toasts.filter((other) => other.title !== toast.title), shown].slice(-4),
  }));
}

function dismiss(id: number): void {
  store.setState(({ toasts }) => ({ toasts: toasts.filter((toast) => toast.id !== id) }));
}

export function Toasts() {
  const toasts = useStore(store, (state) => state.toasts);
  return (
    <div
      role="region"
      aria-label={text.common.messages}
      aria-live="polite"
      className="pointer-events-none fixed inset-x-4 bottom-4 z-50 flex flex-col items-center gap-2"
    >
      {toasts.map((toast) => (
        <ToastCard key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function ToastCard({ toast }: { toast: Toast }) {
  useEffect(() => {
    if (toast.tone === "bad") return;
    const timer = setTimeout(() => dismiss(toast.id), toast.action ? SHOWN_WITH_ACTION_MS : SHOWN_MS);
    return () => clearTimeout(timer);
  }, [toast]);
  return (
    <div
      className={clsx(
        "pointer-events-auto flex w-full max-w-md items-start gap-3 rounded-lg border border-line bg-panel py-2 pr-2 pl-4 shadow-xl",
        "border-l-4",
        toast.tone === "bad" ? "border-l-bad" : "border-l-good",
      )}
    >
      <div className="min-w-0 flex-1 py-1 [overflow-wrap:anywhere]">
        <p className="font-medium">{toast.title}</p>
        {toast.detail ? <p className="text-muted">{toast.detail}</p> : null}
      </div>
      {toast.retry ? (
        <Button
          onClick={() => {
            dismiss(toast.id);
            toast.retry?.();
          }}
        >
          {text.common.retry}
        </Button>
      ) : null}
      {toast.action ? (
        <Button
          onClick={() => {
            dismiss(toast.id);
            toast.action?.run();
          }}
        >
          {toast.action.label}
        </Button>
      ) : null}
      <IconButton label={text.common.dismiss} icon={<X size={16} aria-hidden />} onClick={() => dismiss(toast.id)} />
    </div>
  );
}
