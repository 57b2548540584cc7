"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Field } from "@/components/ui/field";
import { Segments } from "@/components/ui/segments";
import { Empty, Failure, Loading, Skeleton } from "@/components/ui/states";
import { serverNowMs } from "@/features/live/api/store";
import { PageHead } from "@/features/shell/page-head";
import { useSearchParameter } from "@/features/videos/use-search-parameter";
import { call } from "@/lib/api/call";
import { asProblem } from "@/lib/api/problem";
import { useDeferredArrival } from "@/lib/use-deferred-arrival";
import { text } from "@/text/pages/settings";
import {
  compareSettings,
  matchingSettings,
  SERVICES,
  type Setting,
  showDashboard,
  type ShownService,
  SOURCES,
} from "./matching";
import { ServiceCard } from "./service-card";

/** Processes report every two minutes, and a rollout changes what they report. */
const REFRESH_MS = 30_000;

/** `dashboard` has the settings of the server that sent the page. */
export function SettingsPage({ dashboard }: { dashboard: readonly Setting[] }) {
  const [service, setService] = useSearchParameter("service");
  const [source, setSource] = useSearchParameter("source");
  const [typed, setTyped] = useState("");
  const settings = useQuery({
    queryKey: ["settings"],
    queryFn: ({ signal }) => call("get", "/api/settings", { signal }),
    refetchInterval: REFRESH_MS,
  });
  const known = useDeferredArrival(settings.data);
  const all: readonly ShownService[] = known ? [...known.services, showDashboard(dashboard)] : [];
  const services = known ? all.map((one) => one.service) : SERVICES;
  const shown = all
    .filter((one) => !service || one.service === service)
    .map((one) => ({
      one,
      matching: matchingSettings(compareSettings(one.variants), { source, search: typed }),
    }))
    // A service without settings says why, also to a search.
    .filter(({ one, matching }) => one.variants.length === 0 || matching.length > 0);
  return (
    <>
      <PageHead
        title={text.settings.title}
        note={text.settings.note}
        actions={
          <Field
            label={text.settings.search}
            isLabelHidden
            type="search"
            placeholder={text.settings.search}
            value={typed}
            className="w-56 max-sm:w-full"
            onChange={(event) => setTyped(event.target.value)}
          />
        }
      />
      <div className="mb-4 flex flex-wrap items-center gap-2">
        <Segments
          label={text.settings.service}
          value={service}
          onChange={setService}
          options={[
            { value: "", label: text.common.all },
            ...services.map((value) => ({ value, label: text.settings.services[value] })),
          ]}
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
      </div>
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
        <div className="grid gap-4">
          {shown.map(({ one, matching }) => (
            <ServiceCard key={one.service} service={one} settings={matching} now={new Date(serverNowMs())} />
          ))}
        </div>
      )}
    </>
  );
}
