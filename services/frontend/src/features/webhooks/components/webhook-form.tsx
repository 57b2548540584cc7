"use client";

import { type FormEvent, useState } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import type { Schemas } from "@/lib/api/call";
import { asProblem } from "@/lib/api/problem";
import { text } from "@/text/pages/webhooks";
import { type End, ENDS, type Webhook } from "../api/models";
import { useSaveWebhook } from "../api/queries";

interface WebhookFormProps {
  /** The webhook to change; a new one without it. */
  webhook?: Webhook;
  onSaved: (created: Schemas["CreatedWebhook"] | null) => void;
  onCancel: () => void;
}

export function WebhookForm({ webhook, onSaved, onCancel }: WebhookFormProps) {
  const labels = text.webhooks.form;
  const save = useSaveWebhook(webhook?.id);
  const [url, setUrl] = useState(webhook?.url ?? "");
  const [description, setDescription] = useState(webhook?.description ?? "");
  const [prefix, setPrefix] = useState(webhook?.prefix ?? "");
  const [states, setStates] = useState<readonly End[]>(webhook?.states ?? ENDS);
  function submit(event: FormEvent) {
    event.preventDefault();
    if (states.length === 0 || save.isPending) return;
    const body = { url: url.trim(), description: description.trim(), prefix: prefix.trim(), states: [...states] };
    save.mutate(body, { onSuccess: onSaved });
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <div>
        <Field
          label={labels.url}
          type="url"
          required
          maxLength={2048}
          autoFocus
          placeholder="https://"
          spellCheck={false}
          autoComplete="off"
          value={url}
          error={save.error ? asProblem(save.error).message : null}
          onChange={(event) => setUrl(event.target.value)}
        />
        <p className="mt-1 text-xs text-muted">{labels.urlHint}</p>
      </div>
      <Field
        label={labels.description}
        maxLength={200}
        value={description}
        onChange={(event) => setDescription(event.target.value)}
      />
      <div>
        <Field
          label={labels.prefix}
          maxLength={1024}
          placeholder="uploads/"
          spellCheck={false}
          autoComplete="off"
          value={prefix}
          onChange={(event) => setPrefix(event.target.value)}
        />
        <p className="mt-1 text-xs text-muted">{labels.prefixHint}</p>
      </div>
      <EndsField label={labels.ends} ends={states} onChange={setStates} />
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>{text.common.cancel}</Button>
        <Button kind="primary" type="submit" disabled={states.length === 0 || save.isPending}>
          {webhook ? labels.save : labels.add}
        </Button>
      </div>
    </form>
  );
}

interface EndsFieldProps {
  label: string;
  ends: readonly End[];
  onChange: (ends: readonly End[]) => void;
}

/** Checkboxes for the ends of a video; at least one must be chosen. */
export function EndsField({ label, ends, onChange }: EndsFieldProps) {
  const labels = text.webhooks;
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm font-medium">{label}</legend>
      <div className="flex flex-wrap gap-x-5">
        {ENDS.map((end) => (
          <label key={end} className="flex min-h-9 items-center gap-2">
            <input
              type="checkbox"
              checked={ends.includes(end)}
              className="size-4 accent-accent"
              onChange={(event) =>
                onChange(ENDS.filter((one) => (one === end ? event.target.checked : ends.includes(one))))
              }
            />
            {labels.ends[end].toLowerCase()}
          </label>
        ))}
      </div>
      {ends.length === 0 ? (
        <p role="alert" className="text-sm text-bad">
          {labels.form.noEnds}
        </p>
      ) : null}
    </fieldset>
  );
}
