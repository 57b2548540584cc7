/** Health of a pod. Pure. */

import type { Tone } from "@/components/ui/pill";
import type { Pod } from "@/lib/api/models";

export type PodHealth = "ready" | "starting" | "failing" | "ended";

const STARTING = ["Pending", "ContainerCreating", "PodInitializing", "Terminating", "Running"];
const ENDED = ["Succeeded", "Completed"];

/** Any other phase is a reason from Kubernetes why the pod does not run, such as CrashLoopBackOff. */
export function healthOf(pod: Pick<Pod, "phase" | "ready">): PodHealth {
  if (pod.phase === "Running" && pod.ready) return "ready";
  if (STARTING.includes(pod.phase)) return "starting";
  return ENDED.includes(pod.phase) ? "ended" : "failing";
}

export const HEALTH_TONES: Record<PodHealth, Tone> = { ready: "good", starting: "warn", failing: "bad", ended: "calm" };

/** Return a name that sorts by its numbers: worker-2 before worker-10. Intl would load its rules with the overview. */
function sortedName({ name }: Pod): string {
  return name.replace(/\d+/g, (digits) => digits.padStart(10, "0"));
}

/** Sort pods: failing, then starting, then the others, by name. */
export function sortByHealth(pods: readonly Pod[]): Pod[] {
  const concern: Record<PodHealth, number> = { failing: 0, starting: 1, ready: 2, ended: 3 };
  const placed = pods.map((pod) => ({ pod, concern: concern[healthOf(pod)], name: sortedName(pod) }));
  placed.sort((a, b) => a.concern - b.concern || (a.name < b.name ? -1 : 1));
  return placed.map(({ pod }) => pod);
}
