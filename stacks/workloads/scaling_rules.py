"""The numbers by which KEDA and Kubernetes scale the workers. Pure: a config in, rules out.

`autoscaling` writes them into KEDA's objects, and `stacks.scaling` simulates them.
"""

from dataclasses import dataclass

from stacks.config.model import PipelineConfig
from stacks.workloads.components import describe_worker

_MAX_WINDOW_S = 3600
"""Upper limit of Kubernetes.

https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#scaling-policies
"""

_MIN_SCALE_DOWN_WINDOW_S = 300


@dataclass(frozen=True, kw_only=True)
class ScalingRules:
    """Rules of the workers' ScaledObject, and of the autoscaler that KEDA makes from it."""

    messages_per_replica: int
    """Messages, waiting and in progress, for which there is one worker."""
    activation_messages: int
    """KEDA starts a first worker for more messages than that."""
    polling_interval_s: int
    """Seconds between KEDA's looks at the queue while there is no worker."""
    cooldown_s: int
    """Seconds without a message before KEDA removes all workers."""
    max_replicas: int
    added_replicas: int
    """Workers added at most in `added_period_s`."""
    added_period_s: int
    removed_replicas: int
    """Workers removed at most in `removed_period_s`."""
    removed_period_s: int
    scale_down_window_s: int
    """Workers go only after fewer were enough for that many seconds."""


def scaling_rules(config: PipelineConfig) -> ScalingRules:
    worker = config.worker
    grace_s = describe_worker(config).termination_grace_s
    return ScalingRules(
        messages_per_replica=worker.messages_per_replica,
        activation_messages=0,
        polling_interval_s=worker.polling_interval_s,
        cooldown_s=max(worker.cooldown_s, config.processing.deadline_s),
        max_replicas=worker.max_replicas,
        added_replicas=worker.max_replicas,
        added_period_s=15,
        removed_replicas=1,
        removed_period_s=60,
        scale_down_window_s=min(max(_MIN_SCALE_DOWN_WINDOW_S, grace_s), _MAX_WINDOW_S),
    )
