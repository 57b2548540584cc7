/** Models of webhooks, and what the page reads from them. Pure. */

import type { Tone } from "@/components/ui/pill";
import type { Schemas } from "@/lib/api/call";
import { text } from "@/text/pages/webhooks";

export type Webhook = Schemas["Webhook"];
export type Delivery = Schemas["EventDelivery"];
export type WebhookRequest = Required<Schemas["WebhookRequest"]>;
export type End = Webhook["states"][number];
export type DeliveryState = Delivery["state"];

export const ENDS = ["done", "failed", "deleted"] as const satisfies readonly End[];
export const DELIVERY_STATES = ["pending", "delivered", "dead", "ended"] as const satisfies readonly DeliveryState[];

/** Id of the target of deliveries to EventBridge. */
export const EVENT_BUS = "event_bus";

export const DELIVERY_TONES: Record<DeliveryState, Tone> = {
  pending: "active",
  delivered: "good",
  dead: "bad",
  ended: "calm",
};

/** Name a webhook for people: its description, or the host of its address. */
export function nameOfWebhook({ description, url }: Pick<Webhook, "description" | "url">): string {
  return description || hostOf(url);
}

export function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}

/** Name the target of a delivery. */
export function targetOf(id: string, webhooks: readonly Webhook[]): string {
  if (id === EVENT_BUS) return text.deliveries.bus;
  const webhook = webhooks.find((one) => one.id === id);
  return webhook ? nameOfWebhook(webhook) : text.deliveries.unknown;
}

/** Return the outcome of an attempt in words: the status, the reason, or both. */
export function outcomeOf({ status_code: status, error }: Delivery["attempts"][number]): string {
  if (error === null) return status === null ? text.deliveries.accepted : `${status} ${text.deliveries.accepted}`;
  return status === null || error.includes(String(status)) ? error : `${status}: ${error}`;
}

/** Return the value of a `datetime-local` field, which knows no time zone, for a moment. */
export function localTime(time: Date): string {
  const shifted = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

/** Return each delivery once, as it is last in the list: one that ends while the api reads is pending and ended there. */
export function latestOnce(deliveries: readonly Delivery[]): Delivery[] {
  return [...new Map(deliveries.map((delivery) => [delivery.id, delivery])).values()];
}
