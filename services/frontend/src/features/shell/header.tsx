"use client";

import {
  Ellipsis,
  Keyboard,
  LogOut,
  Monitor,
  Moon,
  Pause,
  Play,
  RefreshCw,
  ScrollText,
  Search,
  Settings,
  Sun,
  Trash2,
  Webhook,
} from "lucide-react";
import dynamic from "next/dynamic";
import { usePathname, useRouter } from "next/navigation";
import { useState } from "react";
import { clsx } from "clsx";
import { openOverlay } from "@/features/commands/store";
import { Menu, type MenuItem } from "@/components/ui/menu";
import { PageLink } from "@/components/ui/page-link";
import { LiveBadge } from "@/features/live/components/live-badge";
import { DownNotice } from "@/features/live/components/down-notice";
import { useLive } from "@/features/live/api/store";
import { PauseNotice } from "@/features/processing/pause-notice";
import { TestButton } from "@/features/pipeline-test/test-button";
import { logout, useConfig, useIsOperator } from "@/features/session/session";
import { applyTheme, currentTheme, type Theme, THEMES } from "@/features/theme/theme";
import { UploadButton } from "@/features/uploads/components/upload-button";
import { formatCount } from "@/lib/units";
import { text } from "@/text";

const PurgeDialog = dynamic(() => import("@/features/purge/purge-dialog").then((found) => found.PurgeDialog), {
  ssr: false,
});

const PAGES = [
  { href: "/", label: text.nav.overview },
  { href: "/gallery", label: text.nav.gallery },
  { href: "/videos", label: text.nav.videos },
  { href: "/failures", label: text.nav.failures },
  { href: "/history", label: text.nav.history },
] as const;

const THEME_ICONS: Record<Theme, typeof Sun> = { system: Monitor, light: Sun, dark: Moon };

export function Header() {
  const config = useConfig();
  return (
    <header className="sticky top-0 z-30 border-b border-line bg-panel">
      <div className="mx-auto flex max-w-[110rem] flex-wrap items-center gap-x-4 px-4 sm:px-6">
        <div className="flex h-13 min-w-0 items-center gap-3">
          <PageLink href="/" className="flex min-w-0 items-center gap-2 font-semibold" aria-label={text.product}>
            <Mark />
            <span className="truncate max-sm:hidden">{config?.name ?? text.product}</span>
          </PageLink>
        </div>
        <Pages />
        <div className="ml-auto flex items-center gap-2">
          <LiveBadge />
          <UploadButton />
          <TestButton isCompact />
          <MoreMenu />
        </div>
      </div>
      <PauseNotice />
      <DownNotice />
    </header>
  );
}

function Pages() {
  const pathname = usePathname();
  const deadLetters = useLive((state) => state.snapshot?.queue?.deadLetters ?? 0);
  return (
    <nav aria-label={text.nav.label} className="-mx-1 flex overflow-x-auto max-lg:order-last max-lg:w-full">
      {PAGES.map(({ href, label }) => {
        const isHere = pathname === href || (href === "/videos" && pathname === "/video");
        return (
          <PageLink
            key={href}
            href={href}
            aria-current={isHere ? "page" : undefined}
            className={clsx(
              "flex h-10 items-center gap-1.5 border-b-2 px-3 max-sm:px-2 text-sm whitespace-nowrap lg:h-13",
              isHere ? "border-accent font-medium text-ink" : "border-transparent text-muted hover:text-ink",
            )}
          >
            {label}
            {href === "/failures" && deadLetters > 0 ? (
              <span
                className="rounded-full bg-bad-soft px-1.5 text-xs font-medium text-bad"
                aria-label={text.nav.failuresCount(deadLetters)}
              >
                {formatCount(deadLetters)}
              </span>
            ) : null}
          </PageLink>
        );
      })}
    </nav>
  );
}

function MoreMenu() {
  const router = useRouter();
  const [isPurging, setPurging] = useState(false);
  const isOperator = useIsOperator();
  const config = useConfig();
  const isPaused = useLive((state) => state.snapshot?.processing?.paused ?? false);
  const themes: MenuItem[] = THEMES.map((theme) => {
    const Icon = THEME_ICONS[theme];
    return {
      label: `${text.theme.label}: ${text.theme[theme].toLowerCase()}`,
      icon: <Icon size={16} aria-hidden />,
      isChosen: () => currentTheme() === theme,
      onSelect: () => applyTheme(theme),
    };
  });
  const overlays: MenuItem[] = [
    {
      label: text.commands.title,
      icon: <Search size={16} aria-hidden />,
      onSelect: () => openOverlay("palette"),
    },
    { label: text.nav.logs, icon: <ScrollText size={16} aria-hidden />, onSelect: () => router.push("/logs") },
    { label: text.nav.webhooks, icon: <Webhook size={16} aria-hidden />, onSelect: () => router.push("/webhooks") },
    { label: text.nav.settings, icon: <Settings size={16} aria-hidden />, onSelect: () => router.push("/settings") },
    { label: text.commands.keys, icon: <Keyboard size={16} aria-hidden />, onSelect: () => openOverlay("keys") },
  ];
  const reconcile: MenuItem = {
    label: text.reconcileButton,
    icon: <RefreshCw size={16} aria-hidden />,
    onSelect: () => openOverlay("reconcile"),
  };
  const pause: MenuItem = {
    label: isPaused ? text.processing.resumeButton : text.processing.pauseButton,
    icon: isPaused ? <Play size={16} aria-hidden /> : <Pause size={16} aria-hidden />,
    onSelect: () => openOverlay("processing"),
  };
  const purge: MenuItem = {
    label: text.purge.button,
    icon: <Trash2 size={16} aria-hidden />,
    isDangerous: true,
    onSelect: () => setPurging(true),
  };
  const leave: MenuItem = {
    label: text.session.logout,
    icon: <LogOut size={16} aria-hidden />,
    onSelect: () => void logout(),
  };
  return (
    <>
      <Menu
        label={text.common.actions}
        icon={<Ellipsis size={18} aria-hidden />}
        items={[
          ...overlays,
          reconcile,
          ...(isOperator ? [pause] : []),
          ...themes,
          ...(config?.auth_mode === "token" ? [leave] : []),
          ...(isOperator ? [purge] : []),
        ]}
      />
      {isPurging ? <PurgeDialog isOpen onClose={() => setPurging(false)} /> : null}
    </>
  );
}

/** Logo: three frames of a film. */
function Mark() {
  return (
    <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden className="shrink-0 text-accent">
      <rect x="1" y="4" width="20" height="14" rx="3" fill="currentColor" />
      <g fill="var(--panel)">
        <rect x="3.5" y="7" width="4" height="8" rx="1" />
        <rect x="9" y="7" width="4" height="8" rx="1" opacity=".8" />
        <rect x="14.5" y="7" width="4" height="8" rx="1" opacity=".6" />
      </g>
    </svg>
  );
}
