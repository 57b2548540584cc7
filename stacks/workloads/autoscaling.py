"""Scaling of the pods: KEDA for the worker, by the queue; HPAs for the others, by CPU; budgets for all.

KEDA's objects go through a chart of ours, see `stacks.engine.charts`.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_helm.release import Release
from cdktf_cdktf_provider_kubernetes.horizontal_pod_autoscaler_v2 import (
    HorizontalPodAutoscalerV2,
    HorizontalPodAutoscalerV2Metadata,
    HorizontalPodAutoscalerV2Spec,
    HorizontalPodAutoscalerV2SpecMetric,
    HorizontalPodAutoscalerV2SpecMetricResource,
    HorizontalPodAutoscalerV2SpecMetricResourceTarget,
    HorizontalPodAutoscalerV2SpecScaleTargetRef,
)
from cdktf_cdktf_provider_kubernetes.pod_disruption_budget_v1 import (
    PodDisruptionBudgetV1,
    PodDisruptionBudgetV1Metadata,
    PodDisruptionBudgetV1Spec,
    PodDisruptionBudgetV1SpecSelector,
)

from stacks.config.model import PipelineConfig
from stacks.config.pods import Web
from stacks.engine.charts import local_chart
from stacks.engine.stack import PipelineStack
from stacks.naming import QUEUE_AUTOSCALER, Names
from stacks.workloads.components import Component
from stacks.workloads.deployments import component_labels, component_selector
from stacks.workloads.scaling_rules import scaling_rules

_CHART = Path(__file__).parent / "charts" / "custom-objects"


def make_cpu_autoscaler(stack: PipelineStack, component: Component, web: Web, *, target: ITerraformDependable) -> None:
    HorizontalPodAutoscalerV2(
        stack,
        f"{component.part}-autoscaler",
        metadata=HorizontalPodAutoscalerV2Metadata(
            name=component.name, namespace=stack.names.namespace, labels=component_labels(stack.config, component.part)
        ),
        spec=HorizontalPodAutoscalerV2Spec(
            min_replicas=web.min_replicas,
            max_replicas=web.max_replicas,
            scale_target_ref=HorizontalPodAutoscalerV2SpecScaleTargetRef(
                api_version="apps/v1", kind="Deployment", name=component.name
            ),
            metric=[
                HorizontalPodAutoscalerV2SpecMetric(
                    type="Resource",
                    resource=HorizontalPodAutoscalerV2SpecMetricResource(
                        name="cpu",
                        target=HorizontalPodAutoscalerV2SpecMetricResourceTarget(
                            type="Utilization", average_utilization=web.cpu_target_pct
                        ),
                    ),
                )
            ],
        ),
        depends_on=[target],
    )


def make_disruption_budget(
    stack: PipelineStack, component: Component, *, depends_on: Sequence[ITerraformDependable]
) -> None:
    """Allow to evict one pod of a component at a time.

    `minAvailable: 1` would forbid every eviction of a single pod, and AWS, when it patches Fargate, then deletes the
    pod without one: https://docs.aws.amazon.com/eks/latest/userguide/fargate-pod-patching.html
    """
    PodDisruptionBudgetV1(
        stack,
        f"{component.part}-budget",
        metadata=PodDisruptionBudgetV1Metadata(
            name=component.name, namespace=stack.names.namespace, labels=component_labels(stack.config, component.part)
        ),
        spec=PodDisruptionBudgetV1Spec(
            max_unavailable="1",
            selector=PodDisruptionBudgetV1SpecSelector(match_labels=component_selector(stack.config, component.part)),
        ),
        depends_on=depends_on,
    )


def make_queue_autoscaler(
    stack: PipelineStack, component: Component, *, depends_on: Sequence[ITerraformDependable]
) -> None:
    Release(
        stack,
        QUEUE_AUTOSCALER,
        name=QUEUE_AUTOSCALER,
        namespace=stack.names.namespace,
        chart=local_chart(stack, _CHART),
        values=[json.dumps({"objects": queue_scaling(stack.config, component)}, indent=2)],
        # KEDA ends its finalizers before the release is gone, and so before KEDA itself is.
        wait=True,
        timeout=300,
        depends_on=depends_on,
    )


def queue_scaling(config: PipelineConfig, component: Component) -> list[dict[str, Any]]:
    """Return KEDA's objects for the worker: https://keda.sh/docs/2.21/scalers/aws-sqs/

    KEDA reads the queue every `polling_interval_s` to start a first pod; the number above one follows Kubernetes' own
    15 s. Pods are removed one a minute, and only when there has been less work for longer than a video takes. The count
    includes messages in progress, so a busy pod is never superfluous. A pod that is removed while it is busy finishes
    its videos (`termination_grace_s`) or returns them to the queue.
    """
    names, rules = Names(config), scaling_rules(config)
    metadata = {
        "name": component.name,
        "namespace": names.namespace,
        "labels": component_labels(config, component.part),
    }
    authentication = {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "TriggerAuthentication",
        "metadata": metadata,
        # KEDA's own role. Without this object the trigger looks for access keys and fails.
        "spec": {"podIdentity": {"provider": "aws"}},
    }
    scaling = {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": metadata,
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": component.name},
            "pollingInterval": rules.polling_interval_s,
            "cooldownPeriod": rules.cooldown_s,
            "minReplicaCount": 0,
            "maxReplicaCount": rules.max_replicas,
            # SQS cannot be asked: as many pods as there are, and one at least.
            "fallback": {"failureThreshold": 4, "replicas": 1, "behavior": "currentReplicasIfHigher"},
            "advanced": {
                "horizontalPodAutoscalerConfig": {
                    "behavior": {
                        "scaleUp": {
                            "stabilizationWindowSeconds": 0,
                            "policies": [
                                {"type": "Pods", "value": rules.added_replicas, "periodSeconds": rules.added_period_s}
                            ],
                        },
                        "scaleDown": {
                            "stabilizationWindowSeconds": rules.scale_down_window_s,
                            "policies": [
                                {
                                    "type": "Pods",
                                    "value": rules.removed_replicas,
                                    "periodSeconds": rules.removed_period_s,
                                }
                            ],
                        },
                    }
                }
            },
            "triggers": [
                {
                    "type": "aws-sqs-queue",
                    "authenticationRef": {"name": component.name},
                    "metadata": {
                        "queueURL": names.queue_url,
                        "awsRegion": config.region,
                        "queueLength": str(rules.messages_per_replica),
                        "activationQueueLength": str(rules.activation_messages),
                        "scaleOnInFlight": "true",
                    },
                }
            ],
        },
    }
    return [authentication, scaling]
