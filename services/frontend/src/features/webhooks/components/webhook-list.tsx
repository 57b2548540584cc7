"use client";

import { Ellipsis, KeyRound, ListFilter, Pencil, Power, RotateCw, Send, Trash2 } from "lucide-react";
import { Menu, type MenuItem } from "@/components/ui/menu";
import { Dot, Pill } from "@/components/ui/pill";
import { useIsOperator } from "@/features/session/session";
import { setSearchParameters } from "@/features/videos/use-search-parameter";
import { formatFull } from "@/lib/units";
import { text } from "@/text/pages/webhooks";
import { ENDS, nameOfWebhook, type Webhook } from "../api/models";
import { useSwitchWebhook, useTestWebhook } from "../api/queries";
import type { OpenDialog } from "./webhook-dialogs";

interface WebhookListProps {
  webhooks: readonly Webhook[];
  onOpen: (dialog: OpenDialog) => void;
}

export function WebhookList({ webhooks, onOpen }: WebhookListProps) {
  return (
    <ul aria-label={text.webhooks.title} className="rounded-card border border-line bg-panel">
      {webhooks.map((webhook) => (
        <WebhookRow key={webhook.id} webhook={webhook} onOpen={onOpen} />
      ))}
    </ul>
  );
}

function WebhookRow({ webhook, onOpen }: { webhook: Webhook; onOpen: (dialog: OpenDialog) => void }) {
  const { url, description, prefix, states, enabled, disabled_reason, previous_secret_until } = webhook;
  return (
    <li className="flex items-start gap-3 border-t border-line py-2.5 pr-2 pl-4 first:border-t-0">
      <div className="grid min-w-0 flex-1 gap-x-6 gap-y-1.5 lg:grid-cols-[minmax(0,1.4fr)_minmax(0,1fr)_auto]">
        <div className="min-w-0">
          <p className="font-medium [overflow-wrap:anywhere]">{nameOfWebhook(webhook)}</p>
          {description ? (
            <p className="font-mono text-xs leading-5 text-muted [overflow-wrap:anywhere]">{url}</p>
          ) : null}
          {disabled_reason ? <p className="text-xs text-bad">{disabled_reason}</p> : null}
          {previous_secret_until ? (
            <p className="text-xs text-muted">
              {text.webhooks.twoSecrets(formatFull(new Date(previous_secret_until)))}
            </p>
          ) : null}
        </div>
        <div className="min-w-0 text-muted">
          <p className="[overflow-wrap:anywhere]">{prefix ? text.webhooks.under(prefix) : text.webhooks.all}</p>
          <p className="text-xs">
            {ENDS.filter((end) => states.includes(end))
              .map((end) => text.webhooks.ends[end])
              .join(" · ")}
          </p>
        </div>
        <div className="lg:w-20 lg:text-right">
          <Pill tone={enabled ? "good" : "calm"}>
            <Dot />
            {enabled ? text.webhooks.isOn : text.webhooks.isOff}
          </Pill>
        </div>
      </div>
      <WebhookMenu webhook={webhook} onOpen={onOpen} />
    </li>
  );
}

function WebhookMenu({ webhook, onOpen }: { webhook: Webhook; onOpen: (dialog: OpenDialog) => void }) {
  const isOperator = useIsOperator();
  const turn = useSwitchWebhook();
  const test = useTestWebhook();
  const { id, enabled } = webhook;
  const labels = text.webhooks;
  const show: MenuItem = {
    label: labels.showDeliveries,
    icon: <ListFilter size={16} aria-hidden />,
    onSelect: () => setSearchParameters({ webhook: id }),
  };
  const manage: MenuItem[] = [
    { label: labels.test, icon: <Send size={16} aria-hidden />, onSelect: () => test.mutate(id) },
    {
      label: labels.replay,
      icon: <RotateCw size={16} aria-hidden />,
      onSelect: () => onOpen({ kind: "window", webhook }),
    },
    { label: labels.edit, icon: <Pencil size={16} aria-hidden />, onSelect: () => onOpen({ kind: "form", webhook }) },
    {
      label: labels.rotate,
      icon: <KeyRound size={16} aria-hidden />,
      onSelect: () => onOpen({ kind: "rotation", webhook }),
    },
    {
      label: enabled ? labels.switchOff : labels.switchOn,
      icon: <Power size={16} aria-hidden />,
      onSelect: () => turn.mutate({ id, enabled: !enabled }),
    },
    {
      label: labels.remove,
      icon: <Trash2 size={16} aria-hidden />,
      isDangerous: true,
      onSelect: () => onOpen({ kind: "removal", webhook }),
    },
  ];
  return (
    <Menu
      label={labels.actionsOf(nameOfWebhook(webhook))}
      icon={<Ellipsis size={18} aria-hidden />}
      items={isOperator ? [show, ...manage] : [show]}
    />
  );
}
