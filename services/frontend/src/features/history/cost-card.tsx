"use client";

import { useQuery } from "@tanstack/react-query";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/states";
import { call, type Schemas } from "@/lib/api/call";
import { asProblem } from "@/lib/api/problem";
import { formatBytes, formatDuration } from "@/lib/units";
import { text } from "@/text/pages/history";

type Cost = Schemas["Cost"];

const REFRESH_MS = 60_000;
const PARTS = ["fixed", "workers", "requests", "storage"] as const;

/** Estimate of the month's cost, with what it is made from. */
export function CostCard() {
  const cost = useQuery({
    queryKey: ["cost"],
    queryFn: ({ signal }) => call("get", "/api/cost", { signal }),
    refetchInterval: REFRESH_MS,
  });
  return (
    <Card title={text.cost.title} note={text.cost.note}>
      <div className="min-h-56 px-4 py-3">
        {cost.data ? (
          <Estimate cost={cost.data} />
        ) : cost.error ? (
          <p role="alert">{asProblem(cost.error).message}</p>
        ) : (
          <Skeleton className="h-48" />
        )}
      </div>
    </Card>
  );
}

function Estimate({ cost }: { cost: Cost }) {
  const { usd, prices, usage, is_local: isLocal } = cost;
  const labels = text.cost;
  const sources: Record<(typeof PARTS)[number], string> = {
    fixed: labels.fixed(prices?.fixed_month ?? 0),
    workers: labels.workers(usage.worker_hours ?? 0, formatDuration(usage.processing_s)),
    requests: labels.requests(usage.videos),
    storage: labels.storage(formatBytes(usage.stored_bytes)),
  };
  return (
    <div className="flex flex-col gap-3">
      {isLocal ? <p>{usd ? labels.localPriced : labels.local}</p> : usd ? null : <p>{labels.unpriced}</p>}
      {usd && prices ? (
        <table className="w-full max-w-3xl text-left">
          <caption className="sr-only">{labels.title}</caption>
          <thead className="sr-only">
            <tr>
              <th scope="col">{labels.part}</th>
              <th scope="col">{labels.from}</th>
              <th scope="col">{labels.usd}</th>
            </tr>
          </thead>
          <tbody>
            {PARTS.map((part) => (
              <tr key={part} className="border-b border-line align-top">
                <th scope="row" className="py-1.5 pr-4 font-normal">
                  {labels.parts[part]}
                </th>
                <td className="py-1.5 pr-4 text-muted">{sources[part]}</td>
                <td className="py-1.5 text-right tabular-nums">{labels.amount(usd[part])}</td>
              </tr>
            ))}
            <tr className="font-medium">
              <th scope="row" className="py-1.5 pr-4 font-medium" colSpan={2}>
                {labels.total}
              </th>
              <td className="py-1.5 text-right tabular-nums">{labels.amount(usd.total)}</td>
            </tr>
          </tbody>
        </table>
      ) : (
        <p>{labels.usage(usage.videos, formatDuration(usage.processing_s), formatBytes(usage.stored_bytes))}</p>
      )}
      <p className="max-w-prose text-xs text-muted">
        {labels.since(new Date(cost.since))} {usd && prices ? labels.basis(prices.region, prices.as_of) : null}
      </p>
    </div>
  );
}
