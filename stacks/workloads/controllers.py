"""The two controllers from charts: KEDA scales the worker, the AWS Load Balancer Controller makes the ALB.

Neither is in the way of a request or a video. KEDA has one replica: while it is away (a Fargate pod starts in 60-90 s),
nothing scales. The other has two: its webhooks check every Ingress, so that no change would be accepted without it.
"""

import json
from collections.abc import Sequence
from typing import Any

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_helm.release import Release

from stacks.charts.pins import KEDA, LOAD_BALANCER_CONTROLLER, PublicChart
from stacks.core.outputs import CoreOutputs
from stacks.engine.charts import public_chart
from stacks.engine.stack import PipelineStack
from stacks.naming import KEDA_NAMESPACE, KEDA_OPERATOR_ACCOUNT, LOAD_BALANCER_CONTROLLER_ACCOUNT, resource_tags
from stacks.workloads.access import role_annotations

_SMALLEST = {"cpu": "250m", "memory": "256Mi"}
"""Size of the smallest pod of Fargate once it adds 256 MiB: 0.25 vCPU, 0.5 GB."""


def install_keda(stack: PipelineStack, core: CoreOutputs, *, depends_on: Sequence[ITerraformDependable]) -> Release:
    """Install KEDA. https://github.com/kedacore/charts/blob/v2.21.0/keda/values.yaml"""
    return _release(
        stack,
        KEDA,
        KEDA_NAMESPACE,
        {
            "watchNamespace": stack.names.namespace,
            "podIdentity": {"aws": {"irsa": {"enabled": True, "roleArn": core.keda_operator_role_arn}}},
            "serviceAccount": {"operator": {"name": KEDA_OPERATOR_ACCOUNT.name}},
            # Deployments are all it scales, and it needs no Secrets but its own.
            "rbac": {"enabledCustomScaledRefKinds": False},
            "permissions": {"operator": {"restrict": {"secret": True}}},
            # They check what people apply; here the objects are checked before they are applied. A pod less.
            "webhooks": {"enabled": False},
            "resources": {
                # The default request of 100Mi would make it a pod of 0.5 GB, half of what it may use.
                "operator": _same({"cpu": "250m", "memory": "768Mi"}),
                "metricServer": _same(_SMALLEST),
            },
            "logging": {"operator": {"format": "json"}},
        },
        depends_on=depends_on,
    )


def install_load_balancer_controller(
    stack: PipelineStack, core: CoreOutputs, *, depends_on: Sequence[ITerraformDependable]
) -> Release:
    """Install the AWS Load Balancer Controller.

    https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/v3.5.0/helm/aws-load-balancer-controller/values.yaml
    """
    return _release(
        stack,
        LOAD_BALANCER_CONTROLLER,
        LOAD_BALANCER_CONTROLLER_ACCOUNT.namespace,
        {
            "clusterName": core.cluster_name,
            # Fargate has no instance metadata to ask for these.
            "region": stack.config.region,
            "vpcId": core.vpc_id,
            "replicaCount": stack.config.load_balancer.controller_replicas,
            "podDisruptionBudget": {"maxUnavailable": 1},
            "serviceAccount": {
                "name": LOAD_BALANCER_CONTROLLER_ACCOUNT.name,
                "annotations": role_annotations(core.load_balancer_controller_role_arn),
            },
            "defaultTargetType": "ip",
            "defaultTags": resource_tags(stack.config, stack.stack_id),
            # It would answer for every Service in the cluster, and none is of type LoadBalancer.
            "enableServiceMutatorWebhook": False,
            # A new certificate with every upgrade breaks the webhooks while the old pod still runs.
            "keepTLSSecret": True,
            "resources": _same(_SMALLEST),
            "podSecurityContext": {"fsGroup": 65534, "seccompProfile": {"type": "RuntimeDefault"}},
            "securityContext": {
                "readOnlyRootFilesystem": True,
                "runAsNonRoot": True,
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            },
        },
        depends_on=depends_on,
    )


def _release(
    stack: PipelineStack,
    chart: PublicChart,
    namespace: str,
    values: dict[str, Any],
    *,
    depends_on: Sequence[ITerraformDependable],
) -> Release:
    """Install a chart as a release of its name."""
    source = public_chart(stack, chart)
    return Release(
        stack,
        chart.name,
        name=chart.name,
        chart=source.chart,
        repository=source.repository,
        version=source.version,
        namespace=namespace,
        values=[json.dumps(values, indent=2)],
        # Back to what was when the pods do not come up.
        atomic=True,
        wait=True,
        timeout=900,
        max_history=5,
        depends_on=depends_on,
    )


def _same(resources: dict[str, str]) -> dict[str, dict[str, str]]:
    return {"requests": resources, "limits": resources}
