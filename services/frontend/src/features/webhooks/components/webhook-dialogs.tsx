"use client";

import { Copy } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button } from "@/components/ui/button";
import { copyText } from "@/lib/copy";
import { Dialog } from "@/components/ui/dialog";
import { asProblem } from "@/lib/api/problem";
import { formatFull } from "@/lib/units";
import { text } from "@/text/pages/webhooks";
import { nameOfWebhook, type Webhook } from "../api/models";
import { useDeleteWebhook, useRotateSecret } from "../api/queries";
import { WebhookForm } from "./webhook-form";
import { WindowForm } from "./window-form";

export type OpenDialog =
  | { kind: "form"; webhook?: Webhook }
  | { kind: "window" | "rotation" | "removal"; webhook: Webhook }
  | { kind: "secret"; secret: string; previousUntil?: string };

interface WebhookDialogsProps {
  open: OpenDialog | null;
  onOpen: (dialog: OpenDialog) => void;
  onClose: () => void;
}

/** The dialogs of the page. A new secret is only in the dialog that shows it, and in no cache. */
export function WebhookDialogs({ open, onOpen, onClose }: WebhookDialogsProps) {
  return (
    <Dialog title={open ? titleOf(open) : ""} isOpen={open !== null} onClose={onClose}>
      {open ? <Content open={open} onOpen={onOpen} onClose={onClose} /> : null}
    </Dialog>
  );
}

function titleOf(open: OpenDialog): string {
  if (open.kind === "form") return open.webhook ? text.webhooks.form.editTitle : text.webhooks.form.addTitle;
  return text.webhooks[open.kind].title;
}

function Content({ open, onOpen, onClose }: WebhookDialogsProps & { open: OpenDialog }) {
  switch (open.kind) {
    case "form":
      return (
        <WebhookForm
          {...(open.webhook ? { webhook: open.webhook } : {})}
          onSaved={(created) => (created ? onOpen({ kind: "secret", secret: created.secret }) : onClose())}
          onCancel={onClose}
        />
      );
    case "window":
      return <WindowForm webhook={open.webhook} onClose={onClose} />;
    case "rotation":
      return (
        <Rotation
          webhook={open.webhook}
          onRotated={(secret, previousUntil) => onOpen({ kind: "secret", secret, previousUntil })}
          onCancel={onClose}
        />
      );
    case "removal":
      return <Removal webhook={open.webhook} onClose={onClose} />;
    case "secret":
      return <Secret secret={open.secret} previousUntil={open.previousUntil ?? null} onClose={onClose} />;
  }
}

interface RotationProps {
  webhook: Webhook;
  onRotated: (secret: string, previousUntil: string) => void;
  onCancel: () => void;
}

function Rotation({ webhook, onRotated, onCancel }: RotationProps) {
  const rotate = useRotateSecret();
  return (
    <Question error={rotate.error} text={text.webhooks.rotation.ask} onCancel={onCancel}>
      <Button
        kind="primary"
        disabled={rotate.isPending}
        onClick={() =>
          rotate.mutate(webhook.id, {
            onSuccess: ({ secret, previous_valid_until: until }) => onRotated(secret, until),
          })
        }
      >
        {text.webhooks.rotation.confirm}
      </Button>
    </Question>
  );
}

function Removal({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const remove = useDeleteWebhook();
  return (
    <Question error={remove.error} text={text.webhooks.removal.ask(nameOfWebhook(webhook))} onCancel={onClose}>
      <Button
        kind="danger"
        disabled={remove.isPending}
        onClick={() => remove.mutate(webhook.id, { onSuccess: onClose })}
      >
        {text.webhooks.removal.confirm}
      </Button>
    </Question>
  );
}

interface QuestionProps {
  text: string;
  error: Error | null;
  onCancel: () => void;
  children: ReactNode;
}

function Question({ text: asked, error, onCancel, children }: QuestionProps) {
  return (
    <div className="flex flex-col gap-4">
      <p className="[overflow-wrap:anywhere]">{asked}</p>
      {error ? (
        <p role="alert" className="text-bad">
          {asProblem(error).message}
        </p>
      ) : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>{text.common.cancel}</Button>
        {children}
      </div>
    </div>
  );
}

interface SecretProps {
  secret: string;
  previousUntil: string | null;
  onClose: () => void;
}

function Secret({ secret, previousUntil, onClose }: SecretProps) {
  const [isCopied, setCopied] = useState(false);
  const labels = text.webhooks.secret;
  return (
    <div className="flex flex-col gap-4">
      <p>
        {labels.once} {labels.use}
      </p>
      <div className="flex items-center gap-2">
        <code
          aria-label={labels.name}
          className="min-w-0 flex-1 rounded-lg border border-line bg-raised px-3 py-2 font-mono text-xs [overflow-wrap:anywhere]"
        >
          {secret}
        </code>
        <Button
          kind={isCopied ? "plain" : "primary"}
          icon={<Copy size={16} aria-hidden />}
          onClick={() => void copyText(secret, labels.name).then(() => setCopied(true))}
        >
          {labels.copy}
        </Button>
      </div>
      {previousUntil ? <p className="text-muted">{labels.previous(formatFull(new Date(previousUntil)))}</p> : null}
      <Button className="self-end" onClick={onClose}>
        {labels.done}
      </Button>
    </div>
  );
}
