"use client";

import { Plus, Webhook as WebhookIcon } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Empty, Failure, Loading, Skeleton } from "@/components/ui/states";
import { useConfig } from "@/features/session/session";
import { PageHead } from "@/features/shell/page-head";
import { asProblem } from "@/lib/api/problem";
import { useDeferredArrival } from "@/lib/use-deferred-arrival";
import { text } from "@/text/pages/webhooks";
import { useWebhooks } from "./api/queries";
import { DeliveriesCard } from "./components/deliveries-card";
import { WebhookDialogs, type OpenDialog } from "./components/webhook-dialogs";
import { WebhookList } from "./components/webhook-list";

export function WebhooksPage() {
  const webhooks = useWebhooks();
  const config = useConfig();
  const shown = useDeferredArrival(config ? webhooks.data : undefined);
  const isOperator = config?.role === "operator";
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const isOn = shown?.enabled ?? false;
  const items = shown?.items ?? [];
  const add = (
    <Button kind="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setDialog({ kind: "form" })}>
      {text.webhooks.add}
    </Button>
  );
  return (
    <>
      <PageHead
        title={text.webhooks.title}
        // Title and button share a row on a phone, so that the button moves nothing when it comes.
        note={<span className="max-sm:hidden">{text.webhooks.note}</span>}
        actions={isOperator && isOn && items.length > 0 ? add : null}
      />
      {webhooks.error && !webhooks.data ? (
        <Failure
          title={text.webhooks.loadFailed}
          detail={asProblem(webhooks.error).message}
          onRetry={() => void webhooks.refetch()}
        />
      ) : // The buttons of an operator would move the deliveries if they came later.
      !shown ? (
        <Loading label={text.common.loading}>
          <Skeleton className="h-[70vh]" />
        </Loading>
      ) : !isOn ? (
        <div className="min-h-[70vh] rounded-card border border-line bg-panel">
          <Empty title={text.webhooks.offTitle} icon={<WebhookIcon size={28} aria-hidden />}>
            {text.webhooks.off}
          </Empty>
        </div>
      ) : (
        <div className="flex min-h-[70vh] flex-col gap-4">
          {items.length === 0 ? (
            <div className="rounded-card border border-line bg-panel">
              <Empty
                title={text.webhooks.emptyTitle}
                icon={<WebhookIcon size={28} aria-hidden />}
                actions={isOperator ? add : null}
              >
                {text.webhooks.empty}
              </Empty>
            </div>
          ) : (
            <WebhookList webhooks={items} onOpen={setDialog} />
          )}
          <DeliveriesCard webhooks={items} />
        </div>
      )}
      <WebhookDialogs open={dialog} onOpen={setDialog} onClose={() => setDialog(null)} />
    </>
  );
}
