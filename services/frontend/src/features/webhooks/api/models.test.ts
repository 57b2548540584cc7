import { expect, it } from "vitest";
import {
  type Delivery,
  EVENT_BUS,
  latestOnce,
  localTime,
  nameOfWebhook,
  outcomeOf,
  targetOf,
  type Webhook,
} from "./models";

const WEBHOOK = { id: "1", url: "https://hooks.example.com/a?token=b", description: "" } as Webhook;

it("names a webhook by its description, or by the host alone", () => {
  expect(nameOfWebhook({ ...WEBHOOK, description: "Media library" })).toBe("Media library");
  expect(nameOfWebhook(WEBHOOK)).toBe("hooks.example.com");
  expect(nameOfWebhook({ ...WEBHOOK, url: "no address" })).toBe("no address");
});

it("names the target of a delivery, also of a deleted webhook and of the bus", () => {
  expect(targetOf("1", [WEBHOOK])).toBe("hooks.example.com");
  expect(targetOf(EVENT_BUS, [WEBHOOK])).toBe("EventBridge");
  expect(targetOf("2", [WEBHOOK])).toBe("Deleted webhook");
});

it("says the status once", () => {
  const attempt = { at: "2026-11-29T08:00:00Z", duration_ms: 1 };
  expect(outcomeOf({ ...attempt, status_code: 204, error: null })).toBe("204 accepted");
  expect(outcomeOf({ ...attempt, status_code: null, error: null })).toBe("accepted");
  expect(outcomeOf({ ...attempt, status_code: null, error: "timeout" })).toBe("timeout");
  expect(outcomeOf({ ...attempt, status_code: 503, error: "HTTP 503" })).toBe("HTTP 503");
  expect(outcomeOf({ ...attempt, status_code: 301, error: "a redirect" })).toBe("301: a redirect");
});

it("writes a moment as a field without time zone reads it", () => {
  const moment = new Date("2026-11-29T08:00:30Z");
  expect(new Date(localTime(moment)).getTime()).toBe(new Date("2026-11-29T08:00:00Z").getTime());
});

it("shows a delivery once that has ended while the list was read", () => {
  const [a, b, ended] = [
    { id: "a", state: "pending" },
    { id: "b", state: "pending" },
    { id: "a", state: "delivered" },
  ] as Delivery[];
  expect(latestOnce([a, b, ended] as Delivery[])).toEqual([ended, b]);
});
