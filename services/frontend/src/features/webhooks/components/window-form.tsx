"use client";

import { type FormEvent, useState } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { serverNowMs } from "@/features/live/api/store";
import { asProblem } from "@/lib/api/problem";
import { text } from "@/text/pages/webhooks";
import { type End, localTime, nameOfWebhook, type Webhook } from "../api/models";
import { useReplayWindow } from "../api/queries";
import { EndsField } from "./webhook-form";

const HOUR_MS = 3_600_000;

/** Form that sends the events of a time window to a webhook again; the last hour at first. */
export function WindowForm({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const labels = text.webhooks.window;
  const replay = useReplayWindow(webhook.id);
  const [nowMs] = useState(serverNowMs);
  const [since, setSince] = useState(localTime(new Date(nowMs - HOUR_MS)));
  // To the next whole minute, so that the newest events are in it.
  const [until, setUntil] = useState(localTime(new Date(nowMs + 60_000)));
  const [states, setStates] = useState<readonly End[]>(webhook.states);
  const isInOrder = since !== "" && until !== "" && since <= until;
  function submit(event: FormEvent) {
    event.preventDefault();
    if (!isInOrder || states.length === 0 || replay.isPending) return;
    const body = {
      since: new Date(since).toISOString(),
      until: new Date(until).toISOString(),
      states: [...states],
    };
    replay.mutate(body, { onSuccess: onClose });
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <p className="[overflow-wrap:anywhere]">{labels.ask(nameOfWebhook(webhook))}</p>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          label={labels.since}
          type="datetime-local"
          required
          value={since}
          onChange={(event) => setSince(event.target.value)}
        />
        <Field
          label={labels.until}
          type="datetime-local"
          required
          value={until}
          error={since && until && !isInOrder ? labels.invalid : null}
          onChange={(event) => setUntil(event.target.value)}
        />
      </div>
      <EndsField label={labels.ends} ends={states} onChange={setStates} />
      {replay.error ? (
        <p role="alert" className="text-bad">
          {asProblem(replay.error).message}
        </p>
      ) : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{text.common.cancel}</Button>
        <Button kind="primary" type="submit" disabled={!isInOrder || states.length === 0 || replay.isPending}>
          {labels.confirm}
        </Button>
      </div>
    </form>
  );
}
