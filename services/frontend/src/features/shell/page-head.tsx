import type { ReactNode } from "react";

interface PageHeadProps {
  title: string;
  note?: ReactNode;
  actions?: ReactNode;
}

export function PageHead({ title, note, actions }: PageHeadProps) {
  return (
    <div className="mb-4 flex min-h-10 flex-wrap items-center gap-x-4 gap-y-2">
      <h1 className="text-lg font-semibold [overflow-wrap:anywhere]">{title}</h1>
      {note ? <p className="text-muted">{note}</p> : null}
      {actions ? <div className="ml-auto flex max-w-full flex-wrap items-center gap-2">{actions}</div> : null}
    </div>
  );
}
