/** Placeholders for content: empty, loading, failed. */

import { CircleAlert, Inbox } from "lucide-react";
import type { ReactNode } from "react";
import { text } from "@/text";
import { Button } from "./button";
import { clsx } from "clsx";

interface EmptyProps {
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  icon?: ReactNode;
}

export function Empty({ title, children, actions, icon }: EmptyProps) {
  return (
    <div className="flex flex-col items-center justify-center gap-2 px-6 py-12 text-center">
      <div className="text-line-strong">{icon ?? <Inbox size={28} aria-hidden />}</div>
      <p className="font-medium">{title}</p>
      {children ? <div className="max-w-prose text-muted">{children}</div> : null}
      {actions ? <div className="mt-2 flex flex-wrap justify-center gap-2">{actions}</div> : null}
    </div>
  );
}

export function Failure({ title, detail, onRetry }: { title: string; detail: string; onRetry?: () => void }) {
  return (
    <div role="alert" className="flex flex-col items-center gap-2 px-6 py-10 text-center">
      <CircleAlert size={28} aria-hidden className="text-bad" />
      <p className="font-medium">{title}</p>
      <p className="max-w-prose text-muted [overflow-wrap:anywhere]">{detail}</p>
      {onRetry ? <Button onClick={onRetry}>{text.common.retry}</Button> : null}
    </div>
  );
}

export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={clsx("animate-pulse rounded-md bg-raised", className)} />;
}

export function Loading({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div role="status" aria-label={label}>
      {children}
    </div>
  );
}
