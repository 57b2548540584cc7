/** How a pod is doing, in a colour and in a word of the scene. Pure. */

import type { Tone } from "@/components/ui/pill";
import type { Pod } from "@/lib/api/models";

export type PodHealth = "ready" | "starting" | "failing" | "ended";

const STARTING = ["Pending", "ContainerCreating", "PodInitializing", "Terminating", "Running"];
const ENDED = ["Succeeded", "Completed"];

/** Anything that is neither running nor on its way is a reason of Kubernetes why it is not: CrashLoopBackOff... */
export function healthOf(pod: Pick<Pod, "phase" | "ready">): PodHealth {
  if (pod.phase === "Running" && pod.ready) return "ready";
  if (STARTING.includes(pod.phase)) return "starting";
  return ENDED.includes(pod.phase) ? "ended" : "failing";
}

export const HEALTH_TONES: Record<PodHealth, Tone> = { ready: "good", starting: "warn", failing: "bad", ended: "calm" };

/** What an operator looks for first: what fails, then what starts, then the rest by name. */
export function inOrderOfConcern(pods: readonly Pod[]): Pod[] {
  const concern: Record<PodHealth, number> = { failing: 0, starting: 1, ready: 2, ended: 3 };
  return [...pods].sort(
    (a, b) => concern[healthOf(a)] - concern[healthOf(b)] || a.name.localeCompare(b.name, "en", { numeric: true }),
  );
}
