"use client";

import { type ReactNode, useEffect, useRef, useState } from "react";
import { Check } from "lucide-react";
import { IconButton } from "./button";
import { clsx } from "clsx";

export interface MenuItem {
  label: string;
  icon?: ReactNode;
  /** Draw a line above the item, and its label in red. */
  isDangerous?: boolean;
  /** Read when the menu opens. Makes the item one choice out of several. */
  isChosen?: () => boolean;
  onSelect: () => void;
}

/** Button with a list of actions, following the WAI-ARIA menu pattern: arrows, Home, End and Escape work. */
export function Menu({ label, icon, items }: { label: string; icon: ReactNode; items: readonly MenuItem[] }) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (!isOpen) return;
    list.current?.querySelector<HTMLElement>("[role^=menuitem]")?.focus();
    const close = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", close);
    return () => document.removeEventListener("pointerdown", close);
  }, [isOpen]);

  function closeAndReturn() {
    setOpen(false);
    root.current?.querySelector<HTMLElement>("button")?.focus();
  }

  function onKeyDown(event: React.KeyboardEvent) {
    const entries = [...(list.current?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
    const at = entries.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + entries.length, Home: 0, End: entries.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      entries[to % entries.length]?.focus();
    } else if (event.key === "Escape") {
      closeAndReturn();
    } else if (event.key === "Tab") {
      setOpen(false);
    }
  }

  return (
    <div ref={root} className="relative">
      <IconButton
        label={label}
        icon={icon}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onClick={() => setOpen((open) => !open)}
      />
      {isOpen ? (
        <div
          ref={list}
          role="menu"
          aria-label={label}
          onKeyDown={onKeyDown}
          className="absolute right-0 z-40 mt-1 min-w-60 rounded-lg border border-line bg-panel p-1 shadow-xl"
        >
          {items.map((item) => (
            <button
              key={item.label}
              type="button"
              {...(item.isChosen ? { role: "menuitemradio", "aria-checked": item.isChosen() } : { role: "menuitem" })}
              tabIndex={-1}
              onClick={() => {
                closeAndReturn();
                item.onSelect();
              }}
              className={clsx(
                "flex min-h-9 w-full items-center gap-2.5 rounded-md px-3 text-left text-sm hover:bg-raised focus:bg-raised",
                item.isDangerous &&
                  "relative mt-2.25 text-bad before:absolute before:inset-x-0 before:-top-1.25 before:h-px before:bg-line",
              )}
            >
              {item.icon}
              {item.label}
              {item.isChosen?.() ? <Check size={16} aria-hidden className="ml-auto text-accent" /> : null}
            </button>
          ))}
        </div>
      ) : null}
    </div>
  );
}
