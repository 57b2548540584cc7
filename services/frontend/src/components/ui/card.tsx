import type { ReactNode } from "react";
import { clsx } from "clsx";

interface CardProps {
  title: string;
  /** Secondary text of the heading. */
  note?: ReactNode;
  /** Buttons and links on the right of the heading. */
  actions?: ReactNode;
  /** Warning that the card's source has failed, with the age of the data. */
  warning?: string | null;
  id?: string;
  className?: string;
  children: ReactNode;
}

export function Card({ title, note, actions, warning, id, className, children }: CardProps) {
  return (
    <section
      aria-label={title}
      {...(id ? { id } : {})}
      className={clsx("flex min-w-0 scroll-mt-28 flex-col rounded-card border border-line bg-panel", className)}
    >
      <header className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-1">
        <h2 className="text-sm font-semibold">{title}</h2>
        {note ? <div className="text-xs text-muted">{note}</div> : null}
        {actions ? <div className="-mr-2 ml-auto flex items-center gap-1">{actions}</div> : null}
      </header>
      {children}
      {/* Last, so that a warning that comes or goes does not move the card's figures. */}
      {warning ? <SourceWarning>{warning}</SourceWarning> : null}
    </section>
  );
}

export function SourceWarning({ children }: { children: ReactNode }) {
  return (
    <p role="status" className="mt-auto rounded-b-card border-t border-line bg-warn-soft px-4 py-1.5 text-xs text-warn">
      {children}
    </p>
  );
}
