"use client";

import { useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import { useRouter } from "next/navigation";
import { useDeferredValue, useEffect, useRef, useState } from "react";
import { Name } from "@/components/ui/name";
import { useLive } from "@/features/live/api/store";
import { openTest } from "@/features/pipeline-test/run";
import { logout, useConfig, useIsOperator } from "@/features/session/session";
import { applyTheme, THEMES } from "@/features/theme/theme";
import { uploadInput } from "@/features/uploads/components/upload-button";
import { nameOf, pageOf } from "@/features/videos/names";
import { StatePill } from "@/features/videos/components/state-pill";
import { call } from "@/lib/api/call";
import { text } from "@/text";
import { openOverlay } from "../store";

const VIDEOS_SHOWN = 8;
const PAGES = [
  ["/", text.nav.overview],
  ["/gallery", text.nav.gallery],
  ["/videos", text.nav.videos],
  ["/failures", text.nav.failures],
  ["/history", text.nav.history],
  ["/logs", text.nav.logs],
  ["/webhooks", text.nav.webhooks],
  ["/settings", text.nav.settings],
] as const;
const GROUP =
  "[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-muted";

/** Pages, actions and videos by their names. */
export function Palette({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [typed, setTyped] = useState("");
  const router = useRouter();
  const isOperator = useIsOperator();
  const config = useConfig();
  const isPaused = useLive((state) => state.snapshot?.processing?.paused ?? false);
  const pauseLabel = isPaused ? text.processing.resumeButton : text.processing.pauseButton;
  const { videos, isSearching } = useFoundVideos(useDeferredValue(typed.trim()));
  const [chosen, setChosen] = useState("");
  // cmdk chooses an entry when the user types. The videos arrive later, and the first of them is the best answer.
  const [first, setFirst] = useState<string | undefined>();
  if (videos[0]?.key !== first) {
    setFirst(videos[0]?.key);
    if (videos[0]) setChosen(videos[0].key);
  }
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    // showModal focuses the first element that can have the focus: cmdk's root.
    input.current?.focus();
  }, []);

  const run = (action: () => void) => () => {
    onClose();
    action();
  };
  return (
    <dialog
      ref={dialog}
      aria-label={text.commands.title}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
      className="mx-auto mt-[12vh] w-[min(36rem,calc(100vw-2rem))] rounded-xl border border-line bg-panel p-0 shadow-2xl"
    >
      <Command label={text.commands.title} loop value={chosen} onValueChange={setChosen}>
        <Command.Input
          ref={input}
          value={typed}
          onValueChange={setTyped}
          placeholder={text.commands.placeholder}
          className="h-12 w-full border-b border-line bg-transparent px-4 outline-none placeholder:text-muted"
        />
        <Command.List label={text.commands.results} className="max-h-[50vh] overflow-y-auto p-1.5">
          {/* cmdk counts neither the videos that the api has found nor those that it may still find. */}
          {videos.length === 0 && !isSearching ? (
            <Command.Empty className="px-3 py-6 text-center text-muted">{text.commands.nothing}</Command.Empty>
          ) : null}
          {videos.length > 0 ? (
            // The api has searched already, without case and accents.
            <Command.Group forceMount heading={text.nav.videos} className={GROUP}>
              {videos.map(({ key, state }) => (
                <Entry key={key} isFound value={key} onSelect={run(() => router.push(pageOf(key)))}>
                  <Name className="flex-1">{nameOf(key)}</Name>
                  <StatePill state={state} />
                </Entry>
              ))}
            </Command.Group>
          ) : null}
          <Command.Group heading={text.nav.label} className={GROUP}>
            {PAGES.map(([href, label]) => (
              <Entry key={href} value={label} onSelect={run(() => router.push(href))}>
                {label}
              </Entry>
            ))}
            <Entry
              value={text.commands.reference}
              onSelect={run(() => window.location.assign(new URL("/docs", window.location.origin)))}
            >
              {text.commands.reference}
            </Entry>
          </Command.Group>
          <Command.Group heading={text.commands.actions} className={GROUP}>
            {isOperator ? (
              <>
                <Entry value={text.uploads.button} onSelect={run(() => uploadInput()?.click())}>
                  {text.uploads.button}
                </Entry>
                {config?.can_test ? (
                  <Entry value={text.test.button} onSelect={run(openTest)}>
                    {text.test.button}
                  </Entry>
                ) : null}
                <Entry value={pauseLabel} onSelect={run(() => openOverlay("processing"))}>
                  {pauseLabel}
                </Entry>
              </>
            ) : null}
            <Entry value={text.reconcileButton} onSelect={run(() => openOverlay("reconcile"))}>
              {text.reconcileButton}
            </Entry>
            {THEMES.map((theme) => {
              const label = `${text.theme.label}: ${text.theme[theme].toLowerCase()}`;
              return (
                <Entry key={theme} value={label} onSelect={run(() => applyTheme(theme))}>
                  {label}
                </Entry>
              );
            })}
            <Entry value={text.commands.keys} onSelect={run(() => openOverlay("keys"))}>
              {text.commands.keys}
            </Entry>
            {config?.auth_mode === "token" ? (
              <Entry value={text.session.logout} onSelect={run(() => void logout())}>
                {text.session.logout}
              </Entry>
            ) : null}
          </Command.Group>
        </Command.List>
      </Command>
    </dialog>
  );
}

interface EntryProps {
  value: string;
  onSelect: () => void;
  /** True to show it whatever is typed. */
  isFound?: boolean;
  children: React.ReactNode;
}

function Entry({ value, onSelect, isFound = false, children }: EntryProps) {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      forceMount={isFound}
      className="flex min-h-9 cursor-pointer items-center gap-3 rounded-md px-3 data-[selected=true]:bg-raised"
    >
      {children}
    </Command.Item>
  );
}

function useFoundVideos(search: string) {
  const { data, isFetching } = useQuery({
    queryKey: ["palette", search],
    queryFn: ({ signal }) => call("get", "/api/videos", { query: { q: search, limit: VIDEOS_SHOWN }, signal }),
    enabled: search.length > 1,
    placeholderData: (known) => (search.length > 1 ? known : undefined),
  });
  return { videos: search.length > 1 ? (data?.items ?? []) : [], isSearching: isFetching };
}
