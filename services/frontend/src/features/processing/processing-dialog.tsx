"use client";

import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { useLive } from "@/features/live/api/store";
import { useIsOperator } from "@/features/session/session";
import type { Processing } from "@/lib/api/models";
import { asProblem } from "@/lib/api/problem";
import { formatDuration, formatFull } from "@/lib/units";
import { text } from "@/text/processing";
import { useSetProcessing } from "./queries";

/** Confirmation of a pause, and the state of a pause with the way to end it. */
export function ProcessingDialog({ onClose }: { onClose: () => void }) {
  const processing = useLive((state) => state.snapshot?.processing);
  const isPaused = processing?.paused ?? false;
  return (
    <Dialog title={isPaused ? text.pause.pausedTitle : text.pause.title} isOpen onClose={onClose}>
      {processing ? <Switch processing={processing} onClose={onClose} /> : <p role="status">{text.pause.unknown}</p>}
    </Dialog>
  );
}

function Switch({ processing, onClose }: { processing: Processing; onClose: () => void }) {
  const isOperator = useIsOperator();
  const change = useSetProcessing();
  const { paused } = processing;
  return (
    <div className="flex flex-col gap-4">
      {paused ? <Paused processing={processing} /> : <Consequences processing={processing} />}
      {change.error ? (
        <p role="alert" className="text-bad">
          {asProblem(change.error).message}
        </p>
      ) : null}
      {isOperator ? (
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button
            kind="primary"
            disabled={change.isPending}
            onClick={() => change.mutate(!paused, { onSuccess: onClose })}
          >
            {paused ? text.pause.resume : text.pause.confirm}
          </Button>
        </div>
      ) : (
        <p className="text-muted">{text.pause.viewer}</p>
      )}
    </div>
  );
}

function Consequences({ processing }: { processing: Processing }) {
  return (
    <ul className="flex list-disc flex-col gap-1.5 pl-5">
      <li>{text.pause.finish}</li>
      <li>{text.pause.uploads}</li>
      {processing.retention_s ? <li>{text.pause.retention(formatDuration(processing.retention_s))}</li> : null}
      <li>{text.pause.cost}</li>
    </ul>
  );
}

function Paused({ processing }: { processing: Processing }) {
  const { changed_at, changed_by, waiting, oldest_expires_at, at_risk } = processing;
  return (
    <>
      <p>
        {changed_at ? text.pause.begun(formatFull(new Date(changed_at)), changed_by) : null}{" "}
        {waiting === null ? null : text.pause.waiting(waiting)}
      </p>
      {oldest_expires_at ? (
        <p role={at_risk ? "alert" : undefined} className={at_risk ? "text-bad" : undefined}>
          {text.pause.expires(formatFull(new Date(oldest_expires_at)))}
        </p>
      ) : null}
    </>
  );
}
