import type { ButtonHTMLAttributes, ReactNode } from "react";
import { clsx } from "clsx";

export type ButtonKind = "primary" | "plain" | "quiet" | "danger";

const KINDS: Record<ButtonKind, string> = {
  primary: "bg-accent text-accent-ink border-transparent hover:brightness-110",
  plain: "bg-panel border-line hover:bg-raised",
  quiet: "border-transparent text-muted hover:bg-raised hover:text-ink",
  danger: "bg-panel border-line text-bad hover:bg-bad-soft",
};

export const BUTTON_SHAPE =
  "inline-flex min-h-9 items-center justify-center gap-2 rounded-lg border px-3 text-sm font-medium whitespace-nowrap " +
  "transition-colors disabled:opacity-50 aria-disabled:opacity-50";

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: ButtonKind;
  icon?: ReactNode;
}

export function Button({ kind = "plain", icon, className, children, type = "button", ...rest }: ButtonProps) {
  return (
    <button type={type} className={clsx(BUTTON_SHAPE, KINDS[kind], className)} {...rest}>
      {icon}
      {children}
    </button>
  );
}

/** Button that shows only an icon; `label` is its accessible name. */
export function IconButton({ label, icon, kind = "quiet", className, ...rest }: ButtonProps & { label: string }) {
  return (
    <Button kind={kind} aria-label={label} title={label} className={clsx("min-w-9 px-0", className)} {...rest}>
      {icon}
    </Button>
  );
}
