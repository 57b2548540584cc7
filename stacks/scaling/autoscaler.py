"""The decisions of KEDA 2.21 and of Kubernetes' HorizontalPodAutoscaler on the number of workers. Pure.

Sources: https://keda.sh/docs/2.21/concepts/scaling-deployments/ and
https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
"""

import math
from collections import deque

from stacks.workloads.scaling_rules import ScalingRules

SYNC_S = 15
"""Seconds between two decisions of the HorizontalPodAutoscaler; EKS leaves Kubernetes' default."""

_TOLERANCE = 0.1
"""Kubernetes leaves the number as it is while the load a pod is within this share of the target."""


class QueueAutoscaler:
    """Number of workers over time. KEDA decides between none and one, the autoscaler between one and the most."""

    def __init__(self, rules: ScalingRules) -> None:
        self._rules = rules
        self.replicas = 0
        self._active_at_s = 0.0
        self._proposals: deque[tuple[float, int]] = deque()
        self._added: deque[tuple[float, int]] = deque()
        self._removed: deque[tuple[float, int]] = deque()

    def poll(self, now_s: float, messages: int) -> int:
        """Decide as KEDA's operator, every `polling_interval_s`. `messages` includes those in progress."""
        if messages > self._rules.activation_messages:
            self._active_at_s = now_s
            self.replicas = max(1, self.replicas)
        elif now_s - self._active_at_s >= self._rules.cooldown_s:
            self.replicas = 0
        return self.replicas

    def sync(self, now_s: float, messages: int) -> int:
        """Decide as the HorizontalPodAutoscaler, every 15 s; it does nothing while there is no worker."""
        if self.replicas == 0:
            return 0
        proposed = self._stabilize(now_s, self._propose(messages))
        limited = self._limit(now_s, min(max(proposed, 1), self._rules.max_replicas))
        if limited > self.replicas:
            self._added.append((now_s, limited - self.replicas))
        elif limited < self.replicas:
            self._removed.append((now_s, self.replicas - limited))
        self.replicas = limited
        return limited

    def _propose(self, messages: int) -> int:
        load = messages / (self._rules.messages_per_replica * self.replicas)
        if abs(load - 1) <= _TOLERANCE:
            return self.replicas
        return math.ceil(messages / self._rules.messages_per_replica)

    def _stabilize(self, now_s: float, proposed: int) -> int:
        """Return the proposal, or the largest one of the window if that is less of a reduction."""
        self._proposals.append((now_s, proposed))
        while self._proposals[0][0] <= now_s - self._rules.scale_down_window_s:
            self._proposals.popleft()
        if proposed >= self.replicas:
            return proposed
        return min(self.replicas, max(count for _, count in self._proposals))

    def _limit(self, now_s: float, proposed: int) -> int:
        """Return the number that the policies allow: they count what changed within their period."""
        rules = self._rules
        added = _sum_since(self._added, now_s - rules.added_period_s)
        removed = _sum_since(self._removed, now_s - rules.removed_period_s)
        highest = max(self.replicas, self.replicas - added + rules.added_replicas)
        lowest = min(self.replicas, self.replicas + removed - rules.removed_replicas)
        return min(max(proposed, lowest), highest)


def _sum_since(events: deque[tuple[float, int]], begin_s: float) -> int:
    while events and events[0][0] <= begin_s:
        events.popleft()
    return sum(count for _, count in events)
