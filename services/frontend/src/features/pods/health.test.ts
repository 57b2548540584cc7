import { expect, it } from "vitest";
import { healthOf, sortByHealth } from "./health";

it.each([
  ["Running", true, "ready"],
  ["Running", false, "starting"],
  ["Pending", false, "starting"],
  ["ContainerCreating", false, "starting"],
  ["Terminating", true, "starting"],
  ["CrashLoopBackOff", false, "failing"],
  ["ImagePullBackOff", false, "failing"],
  ["OOMKilled", false, "failing"],
  ["Succeeded", false, "ended"],
])("%s, ready: %s, is %s", (phase, ready, health) => expect(healthOf({ phase, ready })).toBe(health));

it("sorts failing pods first, then by natural name order", () => {
  const pod = (name: string, phase: string) => ({
    name,
    phase,
    ready: phase === "Running",
    component: "worker",
    restarts: 0,
    started_at: null,
    node: null,
  });
  const ordered = sortByHealth([
    pod("worker-10", "Running"),
    pod("worker-2", "Running"),
    pod("worker-3", "CrashLoopBackOff"),
  ]);
  expect(ordered.map(({ name }) => name)).toEqual(["worker-3", "worker-2", "worker-10"]);
});
