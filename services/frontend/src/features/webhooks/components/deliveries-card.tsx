"use client";

import { ChevronDown, RotateCw } from "lucide-react";
import Link from "next/link";
import { useId, useState } from "react";
import { clsx } from "clsx";
import { Button, IconButton } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Name } from "@/components/ui/name";
import { Dot, Pill } from "@/components/ui/pill";
import { Segments } from "@/components/ui/segments";
import { Empty, Failure, Loading, Skeleton } from "@/components/ui/states";
import { serverNowMs } from "@/features/live/api/store";
import { useIsOperator } from "@/features/session/session";
import { nameOf, pageOf } from "@/features/videos/names";
import { setSearchParameters, useSearchParameters } from "@/features/videos/use-search-parameter";
import { asProblem } from "@/lib/api/problem";
import { formatFull, formatMoment } from "@/lib/units";
import { useDeferredArrival } from "@/lib/use-deferred-arrival";
import { text } from "@/text/pages/webhooks";
import {
  type Delivery,
  DELIVERY_STATES,
  DELIVERY_TONES,
  EVENT_BUS,
  latestOnce,
  nameOfWebhook,
  outcomeOf,
  targetOf,
  type Webhook,
} from "../api/models";
import { useDeliveries, useReplayDelivery } from "../api/queries";

/** Deliveries to all webhooks, with the filters in the address. */
export function DeliveriesCard({ webhooks }: { webhooks: readonly Webhook[] }) {
  const chosen = useSearchParameters(["webhook", "state"]);
  const state = DELIVERY_STATES.find((one) => one === chosen.state) ?? "";
  const deliveries = useDeliveries({ webhook: chosen.webhook, state }, true);
  const shown = useDeferredArrival(deliveries.data);
  const items = latestOnce(shown?.pages.flatMap((page) => page.items) ?? []);
  const labels = text.deliveries;
  return (
    <Card
      title={labels.title}
      className="flex-1"
      warning={deliveries.error && deliveries.data ? labels.old : null}
      actions={
        <select
          aria-label={labels.webhook}
          value={chosen.webhook}
          onChange={(event) => setSearchParameters({ webhook: event.target.value })}
          className="min-h-9 max-w-56 truncate rounded-lg border border-line bg-panel px-2 text-sm font-medium"
        >
          <option value="">{labels.everyWebhook}</option>
          {webhooks.map((webhook) => (
            <option key={webhook.id} value={webhook.id}>
              {nameOfWebhook(webhook)}
            </option>
          ))}
          <option value={EVENT_BUS}>{labels.bus}</option>
        </select>
      }
    >
      <div className="border-b border-line px-3 py-2">
        <Segments
          label={labels.state}
          value={state}
          onChange={(next) => setSearchParameters({ state: next })}
          options={[
            { value: "" as const, label: text.common.all },
            ...DELIVERY_STATES.map((value) => ({ value, label: labels.states[value] })),
          ]}
        />
      </div>
      {deliveries.error && !deliveries.data ? (
        <Failure
          title={labels.loadFailed}
          detail={asProblem(deliveries.error).message}
          onRetry={() => void deliveries.refetch()}
        />
      ) : !shown ? (
        <Loading label={text.common.loading}>
          <Skeleton className="m-4 h-64" />
        </Loading>
      ) : (
        <>
          {items.length > 0 ? (
            <ul aria-label={labels.title}>
              {items.map((delivery) => (
                <DeliveryRow key={delivery.id} delivery={delivery} target={targetOf(delivery.webhook, webhooks)} />
              ))}
            </ul>
          ) : deliveries.hasNextPage ? null : (
            <Empty title={labels.emptyTitle}>{chosen.webhook || state ? labels.nothingFound : labels.empty}</Empty>
          )}
          {deliveries.hasNextPage ? (
            <div className="border-t border-line px-1 py-1.5">
              <Button kind="quiet" disabled={deliveries.isFetching} onClick={() => void deliveries.fetchNextPage()}>
                {labels.more}
              </Button>
            </div>
          ) : null}
        </>
      )}
    </Card>
  );
}

function DeliveryRow({ delivery, target }: { delivery: Delivery; target: string }) {
  const [isOpen, setOpen] = useState(false);
  const isOperator = useIsOperator();
  const replay = useReplayDelivery();
  const id = useId();
  const labels = text.deliveries;
  const { key, type, state, attempts, created_at: createdAt } = delivery;
  const now = new Date(serverNowMs());
  const name = nameOf(key);
  const last = attempts.at(-1);
  return (
    <li className="border-t border-line first:border-t-0">
      <div className="flex items-center gap-2 py-1.5 pr-2 pl-4">
        <div className="grid min-w-0 flex-1 items-center gap-x-4 gap-y-1 lg:grid-cols-[7rem_minmax(0,1.3fr)_minmax(0,1fr)_minmax(0,1.2fr)]">
          <div>
            <Pill tone={DELIVERY_TONES[state]} title={labels.stateHints[state]}>
              <Dot />
              {labels.states[state]}
            </Pill>
          </div>
          <div className="min-w-0">
            <Link href={pageOf(key)} prefetch={false} className="block font-medium hover:text-accent hover:underline">
              <Name>{name}</Name>
            </Link>
            <p className="text-xs text-muted">
              {labels.types[type]} · {formatMoment(new Date(createdAt), now)}
            </p>
          </div>
          <p className="min-w-0 text-muted [overflow-wrap:anywhere] max-lg:text-xs">{target}</p>
          <div className="flex min-w-0 flex-wrap gap-x-3 text-xs text-muted lg:flex-col">
            <p className={clsx("[overflow-wrap:anywhere]", last?.error && "text-bad")}>
              {last ? outcomeOf(last) : labels.noAttempt}
            </p>
            <p>
              {labels.attempts(attempts.length)}
              {delivery.next_attempt_at
                ? `, ${labels.next(formatMoment(new Date(delivery.next_attempt_at), now))}`
                : null}
            </p>
          </div>
        </div>
        {isOperator ? (
          <IconButton
            label={`${state === "pending" ? labels.sendNow : labels.replay}: ${name}`}
            icon={<RotateCw size={16} aria-hidden />}
            disabled={replay.isPending}
            onClick={() => replay.mutate(delivery.id)}
          />
        ) : null}
        <IconButton
          label={labels.attemptsOf(name)}
          icon={<ChevronDown size={16} aria-hidden className={clsx("transition-transform", isOpen && "rotate-180")} />}
          aria-expanded={isOpen}
          aria-controls={id}
          onClick={() => setOpen((before) => !before)}
        />
      </div>
      <div id={id} hidden={!isOpen}>
        {isOpen ? <Attempts delivery={delivery} /> : null}
      </div>
    </li>
  );
}

function Attempts({ delivery: { event_id: eventId, attempts } }: { delivery: Delivery }) {
  const labels = text.deliveries;
  return (
    <div className="overflow-x-auto border-t border-line bg-raised/50 px-4 py-3 text-xs">
      <p className="text-muted">
        {labels.id} <span className="font-mono [overflow-wrap:anywhere]">{eventId}</span>
      </p>
      {attempts.length > 0 ? (
        <table className="mt-2 w-full text-left">
          <thead className="text-muted">
            <tr>
              <th className="pr-4 font-medium">{labels.times}</th>
              <th className="pr-4 font-medium">{labels.outcomes}</th>
              <th className="text-right font-medium">{labels.durations}</th>
            </tr>
          </thead>
          <tbody>
            {attempts.map((attempt, index) => (
              <tr key={`${attempt.at} ${index}`}>
                <td className="pr-4 whitespace-nowrap">{formatFull(new Date(attempt.at))}</td>
                <td className="pr-4 [overflow-wrap:anywhere]">{outcomeOf(attempt)}</td>
                <td className="text-right whitespace-nowrap tabular-nums">{attempt.duration_ms} ms</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </div>
  );
}
