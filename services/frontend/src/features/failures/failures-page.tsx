"use client";

import { CircleCheck, EyeOff, RotateCw } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { Button } from "@/components/ui/button";
import { Empty, Failure, Loading, Skeleton } from "@/components/ui/states";
import { useIsOperator } from "@/features/session/session";
import { useVideoAction } from "@/features/videos/api/bulk";
import { PageHead } from "@/features/shell/page-head";
import { asProblem } from "@/lib/api/problem";
import { useDeferredArrival } from "@/lib/use-deferred-arrival";
import { text } from "@/text/pages/failures";
import { FailureGroupCard } from "./failure-group-card";
import { CANARY_COUNT, groupByReason, keysOf, toggled } from "./groups";
import { useDeadLetters, useRedrive } from "./queries";
import { RedriveOutcome } from "./redrive-outcome";
import { isListBehind, useRedriven } from "./redriven";

export function FailuresPage() {
  const letters = useDeadLetters();
  const list = useDeferredArrival(letters.data);
  const isOperator = useIsOperator();
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());
  const redrive = useRedrive();
  const action = useVideoAction();
  const redriven = useRedriven();
  const groups = useMemo(() => groupByReason(list?.items ?? []), [list]);
  const known = useMemo(() => new Set(keysOf(list?.items ?? [])), [list]);
  const isBusy = redrive.isPending || action.progress !== null;
  const chosen = [...selection].filter((key) => known.has(key));
  const retryable = new Set(keysOf((list?.items ?? []).filter((letter) => letter.retryable)));
  // A redrive of other failures is possible, as after an update of the workers, but is not what the page proposes.
  const canHelp = chosen.length === 0 ? retryable.size > 0 : chosen.some((key) => retryable.has(key));
  const toggle = useCallback(
    (keys: readonly string[], isOn: boolean) => setSelection((before) => toggled(before, keys, isOn)),
    [],
  );
  const send = (keys: readonly string[]) => {
    // The list may be incomplete: selecting everything listed means every dead letter.
    const isAll = list?.is_complete === false && keys.length === known.size;
    redrive.mutate(isAll ? "all" : keys, { onSuccess: () => setSelection((before) => toggled(before, keys, false)) });
  };

  return (
    <>
      <PageHead
        title={text.failures.title}
        note={text.failures.intro}
        actions={
          isOperator && groups.length > 0 ? (
            <>
              {chosen.length > 0 ? (
                <>
                  <span className="text-muted">{text.failures.selected(chosen.length)}</span>
                  <Button kind="quiet" onClick={() => setSelection(new Set())}>
                    {text.failures.clear}
                  </Button>
                </>
              ) : (
                <Button kind="quiet" onClick={() => setSelection(new Set(known))}>
                  {text.failures.selectAll}
                </Button>
              )}
              {chosen.length > CANARY_COUNT ? (
                <Button
                  title={text.failures.canaryHint}
                  disabled={isBusy}
                  onClick={() => send(chosen.slice(0, CANARY_COUNT))}
                >
                  {text.failures.canary(CANARY_COUNT)}
                </Button>
              ) : null}
              <Button
                kind={canHelp ? "plain" : "primary"}
                title={text.failures.dismissHint}
                icon={<EyeOff size={16} aria-hidden />}
                disabled={chosen.length === 0 || isBusy}
                onClick={() => action.run({ action: "dismiss", keys: chosen })}
              >
                {action.progress
                  ? text.bulk.progress(action.progress.ended, action.progress.total)
                  : text.failures.dismiss(chosen.length)}
              </Button>
              <Button
                kind={canHelp ? "primary" : "plain"}
                {...(canHelp ? {} : { title: text.failures.isFinal })}
                icon={<RotateCw size={16} aria-hidden />}
                disabled={chosen.length === 0 || isBusy}
                onClick={() => send(chosen)}
              >
                {redrive.isPending
                  ? text.failures.redriving
                  : canHelp || chosen.length === 0
                    ? text.failures.redriveSelected(chosen.length)
                    : text.failures.redriveAnyway(chosen.length)}
              </Button>
            </>
          ) : null
        }
      />
      <RedriveOutcome rest={chosen} onRedriveRest={() => send(chosen)} />
      {letters.isError && !letters.data ? (
        <Failure
          title={text.failures.failed}
          detail={asProblem(letters.error).message}
          onRetry={() => void letters.refetch()}
        />
      ) : !list ? (
        <Loading label={text.common.loading}>
          <Skeleton className="h-40" />
        </Loading>
      ) : groups.length === 0 && isListBehind(redriven.videos, known) ? (
        <p role="status" className="py-12 text-center text-muted">
          {text.failures.listBehind}
        </p>
      ) : groups.length === 0 ? (
        <Empty title={text.failures.emptyTitle} icon={<CircleCheck size={28} aria-hidden className="text-good" />}>
          {text.failures.empty}
        </Empty>
      ) : (
        <div className="flex flex-col gap-4">
          {list.is_complete ? null : (
            <p className="text-muted">{text.failures.incomplete(list.items.length, list.total)}</p>
          )}
          {groups.map((group) => (
            <FailureGroupCard
              key={group.code}
              group={group}
              selection={selection}
              canSelect={isOperator}
              onToggle={toggle}
            />
          ))}
        </div>
      )}
    </>
  );
}
