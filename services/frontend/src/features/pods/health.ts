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

/** Sort pods: failing, then starting, then the others, by name. */
export function sortByHealth(pods: readonly Pod[]): Pod[] {
  const concern: Record<PodHealth, number> = { failing: 0, starting: 1, ready: 2, ended: 3 };
  return [...pods].sort(
    (a, b) => concern[healthOf(a)] - concern[healthOf(b)] || a.name.localeCompare(b.name, "en", { numeric: true }),
  );
}
