"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Field } from "@/components/ui/field";
import { Segments } from "@/components/ui/segments";
import { Empty, Failure, Loading, Skeleton } from "@/components/ui/states";
import { PageHead } from "@/features/shell/page-head";
import { useSearchParameter } from "@/features/videos/use-search-parameter";
import { call, type Schemas } from "@/lib/api/call";
import { asProblem } from "@/lib/api/problem";
import { useDeferredArrival } from "@/lib/use-deferred-arrival";
import { text } from "@/text";
import { matchingSettings, SOURCES } from "./matching";

type Setting = Schemas["SettingValue"];

export function SettingsPage() {
  const [source, setSource] = useSearchParameter("source");
  const [typed, setTyped] = useState("");
  const settings = useQuery({
    queryKey: ["settings"],
    queryFn: ({ signal }) => call("get", "/api/settings", { signal }),
  });
  const known = useDeferredArrival(settings.data);
  const shown = matchingSettings(known?.items ?? [], { source, search: typed });
  return (
    <>
      <PageHead
        title={text.settings.title}
        note={text.settings.note}
        actions={
          <>
            <Field
              label={text.settings.search}
              isLabelHidden
              type="search"
              placeholder={text.settings.search}
              value={typed}
              className="w-56 max-sm:w-full"
              onChange={(event) => setTyped(event.target.value)}
            />
            <Segments
              label={text.settings.source}
              value={source}
              onChange={setSource}
              options={[
                { value: "", label: text.common.all },
                ...SOURCES.map((value) => ({ value, label: text.settings.sources[value] })),
              ]}
            />
          </>
        }
      />
      {settings.error && !settings.data ? (
        <Failure
          title={text.settings.failed}
          detail={asProblem(settings.error).message}
          onRetry={() => void settings.refetch()}
        />
      ) : !known ? (
        <Loading label={text.common.loading}>
          <Skeleton className="h-96" />
        </Loading>
      ) : shown.length === 0 ? (
        <Empty title={text.settings.nothingFoundTitle}>{text.settings.nothingFound}</Empty>
      ) : (
        <ul aria-label={text.settings.title} className="rounded-card border border-line bg-panel">
          {shown.map((setting) => (
            <SettingRow key={setting.name} setting={setting} />
          ))}
        </ul>
      )}
    </>
  );
}

function SettingRow({ setting }: { setting: Setting }) {
  const { name, source, description } = setting;
  return (
    // The browser lays out the rows near the window only.
    <li className="grid gap-x-6 gap-y-1 border-t border-line px-4 py-2.5 [contain-intrinsic-size:auto_4rem] [content-visibility:auto] first:border-t-0 lg:grid-cols-[18rem_1fr_1.4fr]">
      <p className="font-mono text-xs leading-5 font-medium [overflow-wrap:anywhere]">{name}</p>
      <div className="min-w-0">
        <p className="font-mono text-xs leading-5 [overflow-wrap:anywhere]">{valueOf(setting)}</p>
        <p className="text-xs text-muted">
          {source === "default" ? text.settings.isDefault : text.settings.isSet(setting.default ?? null)}
        </p>
      </div>
      <p className="text-muted">{description}</p>
    </li>
  );
}

function valueOf({ value, is_secret: isSecret, source }: Setting): string {
  if (isSecret) return source === "default" ? text.settings.unset : text.settings.secret;
  return value ? value : text.settings.unset;
}
