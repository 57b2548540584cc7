"use client";

import { type FormEvent, useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Progress } from "@/components/ui/progress";
import { Failure } from "@/components/ui/states";
import { useLive } from "@/features/live/api/store";
import { useConfig } from "@/features/session/session";
import type { Schemas } from "@/lib/api/call";
import type { PurgePreview, PurgeProgress } from "@/lib/api/models";
import { asProblem } from "@/lib/api/problem";
import { formatBytes } from "@/lib/units";
import { text } from "@/text/dialogs";
import { useCancelPurge, usePurgePreview, usePurgeResult, useStartPurge } from "./queries";

export function PurgeDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Dialog title={text.purge.title} isOpen={isOpen} onClose={onClose}>
      <Purge onClose={onClose} />
    </Dialog>
  );
}

/** Status of the api's answer to an expired confirmation: nothing was deleted. */
const UNCONFIRMED = 428;

/** Steps of a purge: count, ask for the name, delete, show the progress. */
function Purge({ onClose }: { onClose: () => void }) {
  const preview = usePurgePreview();
  const start = useStartPurge();
  const pushed = useLive((state) => state.purge);
  const own = start.data;
  const progress = pushed && (pushed.running || pushed.id === own?.id) ? pushed : own;
  if (progress && (own || progress.running)) return <Progressing progress={progress} onClose={onClose} />;
  function confirm() {
    if (!preview.data) return;
    start.mutate(preview.data.confirmation, {
      onError: (error) => {
        if (asProblem(error).status === UNCONFIRMED) void preview.refetch();
      },
    });
  }
  const hasExpired = start.isError && asProblem(start.error).status === UNCONFIRMED;
  if (start.isError && !hasExpired) {
    return <Failure title={text.purge.failed} detail={asProblem(start.error).message} onRetry={confirm} />;
  }
  if (preview.isError) {
    return (
      <Failure
        title={text.purge.countFailed}
        detail={asProblem(preview.error).message}
        onRetry={() => void preview.refetch()}
      />
    );
  }
  if (!preview.data || preview.isFetching) return <p role="status">{text.purge.counting}</p>;
  if (preview.data.objects === 0 && preview.data.records === 0) return <p>{text.purge.nothing}</p>;
  return (
    <Confirmation
      counts={preview.data}
      isRecounted={hasExpired}
      isStarting={start.isPending}
      onConfirm={confirm}
      onCancel={onClose}
    />
  );
}

interface ProgressingProps {
  /** As the socket pushes it, or as the api has answered. */
  progress: PurgeProgress | Schemas["Purge"];
  onClose: () => void;
}

function Progressing({ progress, onClose }: ProgressingProps) {
  const { id, running, error, phase, deleted, total, in_work } = progress;
  const cancel = useCancelPurge(id);
  const result = usePurgeResult(id, !running);
  if (phase === "failed") return <Failure title={text.purge.failed} detail={error ?? ""} />;
  if (!running) {
    // Without an answer, the count is right in both cases.
    if (result.isPending) return <p role="status">{text.purge.running}</p>;
    return (
      <div className="flex flex-col gap-4">
        <p role="status">
          {result.data?.state === "cancelled" ? text.purge.cancelled(deleted) : text.purge.done(deleted)}
        </p>
        <Button className="self-end" onClick={onClose}>
          {text.common.close}
        </Button>
      </div>
    );
  }
  return (
    <div role="status" className="flex flex-col gap-3">
      <p>{text.purge.phases[phase]}</p>
      <Progress label={text.purge.running} {...(total > 0 ? { share: Math.min(1, deleted / total) } : {})} />
      <p className="text-muted">
        {in_work > 0 ? text.purge.waitsFor(in_work) : text.purge.progress(deleted, Math.max(deleted, total))}
      </p>
      {phase === "uploads" ? (
        <Button
          className="self-end"
          title={text.purge.cancelHint}
          disabled={cancel.isPending || cancel.isSuccess}
          onClick={() => cancel.mutate()}
        >
          {cancel.isSuccess ? text.purge.cancelling : text.purge.cancel}
        </Button>
      ) : null}
    </div>
  );
}

interface ConfirmationProps {
  counts: PurgePreview;
  isRecounted: boolean;
  isStarting: boolean;
  onConfirm: () => void;
  onCancel: () => void;
}

function Confirmation({ counts, isRecounted, isStarting, onConfirm, onCancel }: ConfirmationProps) {
  const name = useConfig()?.name ?? "";
  const [typed, setTyped] = useState("");
  const isSure = name !== "" && typed.trim() === name;
  function submit(event: FormEvent) {
    event.preventDefault();
    if (isSure) onConfirm();
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      {isRecounted ? <p role="status">{text.purge.recounted}</p> : null}
      <div>
        <p>{text.purge.wouldDelete}</p>
        <ul className="mt-1 list-disc pl-5 font-medium">
          <li>{text.purge.pictures(counts.videos, counts.thumbnails)}</li>
          <li>{text.purge.objects(counts.objects, formatBytes(counts.bytes), counts.is_complete)}</li>
          <li>{text.purge.records(counts.records)}</li>
        </ul>
      </div>
      <Field
        label={text.purge.type(name)}
        value={typed}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setTyped(event.target.value)}
      />
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>{text.common.cancel}</Button>
        <Button kind="danger" type="submit" disabled={!isSure || isStarting}>
          {text.purge.confirm}
        </Button>
      </div>
    </form>
  );
}
