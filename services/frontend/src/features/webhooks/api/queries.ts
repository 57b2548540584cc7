"use client";

import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { showToast } from "@/components/ui/toasts";
import { call, type Schemas } from "@/lib/api/call";
import { asProblem } from "@/lib/api/problem";
import { text } from "@/text/pages/webhooks";
import type { DeliveryState, Webhook, WebhookRequest } from "./models";

const REFRESH_MS = 5000;
const PAGE_SIZE = 50;

export function useWebhooks() {
  return useQuery({
    queryKey: ["webhooks"],
    queryFn: ({ signal }) => call("get", "/api/webhooks", { signal }),
    refetchInterval: 4 * REFRESH_MS,
  });
}

export interface DeliveryFilter {
  webhook: string;
  state: DeliveryState | "";
}

export function useDeliveries({ webhook, state }: DeliveryFilter, isEnabled: boolean) {
  return useInfiniteQuery({
    queryKey: ["deliveries", webhook, state],
    queryFn: ({ pageParam, signal }) =>
      call("get", "/api/deliveries", {
        query: {
          limit: PAGE_SIZE,
          ...(webhook ? { webhook } : {}),
          ...(state ? { state } : {}),
          ...(pageParam ? { cursor: pageParam } : {}),
        },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
    enabled: isEnabled,
    // A refresh would load all pages again.
    refetchInterval: ({ state: { data, error } }) => ((data?.pages.length ?? 1) === 1 && !error ? REFRESH_MS : false),
  });
}

/** Load webhooks and deliveries again after a change. */
function useReload() {
  const client = useQueryClient();
  return () =>
    Promise.all([
      client.invalidateQueries({ queryKey: ["webhooks"] }),
      client.invalidateQueries({ queryKey: ["deliveries"] }),
    ]);
}

/** Create a webhook without `id`, or change the one with it. The dialog shows the error. */
export function useSaveWebhook(id?: string) {
  const reload = useReload();
  return useMutation({
    mutationFn: async (body: WebhookRequest): Promise<Schemas["CreatedWebhook"] | null> => {
      if (id === undefined) return call("post", "/api/webhooks", { body });
      await call("patch", "/api/webhooks/{webhook_id}", { path: { webhook_id: id }, body });
      return null;
    },
    onSuccess: (created) => {
      if (!created) showToast({ tone: "good", title: text.webhooks.saved });
    },
    onSettled: reload,
  });
}

export function useSwitchWebhook() {
  const reload = useReload();
  const change = useMutation({
    mutationFn: ({ id, enabled }: Pick<Webhook, "id" | "enabled">) =>
      call("patch", "/api/webhooks/{webhook_id}", { path: { webhook_id: id }, body: { enabled } }),
    onError: (error, asked) =>
      showToast({
        tone: "bad",
        title: text.webhooks.failed,
        detail: asProblem(error).message,
        retry: () => change.mutate(asked),
      }),
    onSettled: reload,
  });
  return change;
}

export function useDeleteWebhook() {
  const reload = useReload();
  return useMutation({
    mutationFn: (id: string) => call("delete", "/api/webhooks/{webhook_id}", { path: { webhook_id: id } }),
    onSuccess: () => showToast({ tone: "good", title: text.webhooks.removed }),
    onSettled: reload,
  });
}

export function useRotateSecret() {
  const reload = useReload();
  return useMutation({
    mutationFn: (id: string) => call("post", "/api/webhooks/{webhook_id}/secrets", { path: { webhook_id: id } }),
    onSettled: reload,
  });
}

/** Send a test now, and say how the server has answered. */
export function useTestWebhook() {
  const test = useMutation({
    mutationFn: (id: string) => call("post", "/api/webhooks/{webhook_id}/tests", { path: { webhook_id: id } }),
    onSuccess: ({ status_code: status, error, duration_ms: ms }) => {
      if (error === null && status !== null) {
        showToast({ tone: "good", title: text.webhooks.tested(status, ms) });
      } else {
        const detail = text.webhooks.testDetail(status, error);
        showToast({ tone: "bad", title: text.webhooks.testFailed, detail });
      }
    },
    onError: (error, id) =>
      showToast({
        tone: "bad",
        title: text.webhooks.testFailed,
        detail: asProblem(error).message,
        retry: () => test.mutate(id),
      }),
  });
  return test;
}

export function useReplayDelivery() {
  const reload = useReload();
  const replay = useMutation({
    mutationFn: (id: string) => call("post", "/api/deliveries/{delivery_id}/replays", { path: { delivery_id: id } }),
    onSuccess: () => showToast({ tone: "good", title: text.webhooks.replayed(1) }),
    onError: (error, id) =>
      showToast({
        tone: "bad",
        title: text.webhooks.replayFailed,
        detail: asProblem(error).message,
        retry: () => replay.mutate(id),
      }),
    onSettled: reload,
  });
  return replay;
}

export function useReplayWindow(id: string) {
  const reload = useReload();
  return useMutation({
    mutationFn: (body: Schemas["WindowReplay"]) =>
      call("post", "/api/webhooks/{webhook_id}/replays", { path: { webhook_id: id }, body }),
    onSuccess: ({ deliveries }) => showToast({ tone: "good", title: text.webhooks.replayed(deliveries) }),
    onSettled: reload,
  });
}
