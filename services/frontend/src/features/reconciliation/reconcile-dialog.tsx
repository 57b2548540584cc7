"use client";

import { type FormEvent, useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Progress } from "@/components/ui/progress";
import { Failure } from "@/components/ui/states";
import { useConfig } from "@/features/session/session";
import { asProblem } from "@/lib/api/problem";
import { text } from "@/text/reconcile";
import { countChanges, QUEUED, REMOVED, shareOf, sumOf } from "./counts";
import { type Reconciliation, useCancelReconciliation, useReconciliation, useStartReconciliation } from "./queries";
import { Result } from "./result";

export function ReconcileDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={text.reconcile.title} isOpen onClose={onClose}>
      <Reconcile />
    </Dialog>
  );
}

/** Steps of a reconciliation: count, confirm, follow the progress, see the result. */
function Reconcile() {
  const latest = useReconciliation();
  const config = useConfig();
  if (latest.error && !latest.data) {
    return (
      <Failure
        title={text.reconcile.loadFailed}
        detail={asProblem(latest.error).message}
        onRetry={() => void latest.refetch()}
      />
    );
  }
  if (latest.data === undefined || !config) {
    return (
      <p role="status" className="min-h-40">
        {text.common.loading}
      </p>
    );
  }
  const isOperator = config.role === "operator";
  const isRunning = latest.data?.state === "running";
  return (
    <div className="flex min-h-40 flex-col gap-4">
      {isOperator ? null : (
        <p role="note" className="rounded-lg bg-warn-soft px-3 py-2 text-warn">
          {text.reconcile.viewer}
        </p>
      )}
      {latest.data && isRunning ? (
        <Running progress={latest.data} isOperator={isOperator} />
      ) : (
        <>
          <p>{text.reconcile.intro}</p>
          {latest.data ? <Result result={latest.data} /> : null}
          {isOperator ? <Start key={latest.data?.id} latest={latest.data} /> : null}
        </>
      )}
    </div>
  );
}

function Running({ progress, isOperator }: { progress: Reconciliation; isOperator: boolean }) {
  const cancel = useCancelReconciliation();
  const { counts, planned, dry_run: isDry, phase, id } = progress;
  const share = isDry ? undefined : shareOf(counts, planned);
  const isCancelling = cancel.isPending || (cancel.isSuccess && cancel.variables === id);
  const labels = text.reconcile;
  return (
    <div className="flex flex-col gap-3">
      <p role="status">{isDry ? labels.counting : labels.phases[phase]}</p>
      <Progress label={isDry ? labels.counting : labels.running} {...(share === undefined ? {} : { share })} />
      <p className="text-muted">
        {isDry
          ? labels.read(counts.uploads, counts.records, counts.pictures)
          : labels.changed(countChanges(counts), planned ? countChanges(planned) : null)}
      </p>
      <p className="text-muted">{labels.background}</p>
      {cancel.error ? <p role="alert">{asProblem(cancel.error).message}</p> : null}
      {isOperator ? (
        <Button className="self-end" disabled={isCancelling} onClick={() => cancel.mutate(id)}>
          {isCancelling ? labels.cancelling : labels.cancel}
        </Button>
      ) : null}
    </div>
  );
}

/** Choices of a dry run, and the button that confirms its result. */
function Start({ latest }: { latest: Reconciliation | null }) {
  const start = useStartReconciliation();
  const [create, setCreate] = useState(latest?.create ?? true);
  const [remove, setRemove] = useState(latest?.remove ?? true);
  const [videosAtOnce, setVideosAtOnce] = useState(String(latest?.window ?? ""));
  const window = Number(videosAtOnce);
  const isCounted = latest !== null && create === latest.create && remove === latest.remove && window === latest.window;
  const confirmation = latest?.dry_run && latest.state === "done" ? latest.confirmation : null;
  const canRun = Boolean(confirmation) && isCounted && latest !== null && countChanges(latest.counts) > 0;
  const labels = text.reconcile;
  function count(event: FormEvent) {
    event.preventDefault();
    // The api knows the right choices for the first dry run.
    start.mutate(latest ? { dry_run: true, create, remove, window } : { dry_run: true });
  }
  return (
    <form onSubmit={count} className="flex flex-col gap-3">
      {latest ? (
        <fieldset className="flex flex-col gap-2 border-t border-line pt-3">
          <legend className="sr-only">{labels.choices}</legend>
          <Choice label={labels.create} isOn={create} onChange={setCreate} />
          <Choice label={labels.remove} isOn={remove} onChange={setRemove} />
          <Field
            label={labels.window}
            type="number"
            min={1}
            max={1000}
            required
            value={videosAtOnce}
            className="max-w-64"
            onChange={(event) => setVideosAtOnce(event.target.value)}
          />
        </fieldset>
      ) : null}
      {start.error ? (
        <p role="alert" className="text-bad">
          {asProblem(start.error).message}
        </p>
      ) : null}
      <div className="flex flex-wrap justify-end gap-2">
        <Button type="submit" kind={canRun ? "plain" : "primary"} disabled={start.isPending || !(create || remove)}>
          {latest ? labels.countAgain : labels.count}
        </Button>
        {canRun && latest ? (
          <Button
            kind={latest.remove && sumOf(latest.counts, REMOVED) > 0 ? "danger" : "primary"}
            disabled={start.isPending}
            onClick={() => start.mutate({ dry_run: false, confirmation: confirmation ?? null })}
          >
            {labels.confirm(sumOf(latest.counts, QUEUED), sumOf(latest.counts, REMOVED))}
          </Button>
        ) : null}
      </div>
    </form>
  );
}

function Choice({ label, isOn, onChange }: { label: string; isOn: boolean; onChange: (isOn: boolean) => void }) {
  return (
    <label className="flex items-center gap-2.5">
      <input
        type="checkbox"
        checked={isOn}
        onChange={(event) => onChange(event.target.checked)}
        className="size-4 accent-accent"
      />
      {label}
    </label>
  );
}
