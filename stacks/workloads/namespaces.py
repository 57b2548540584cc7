"""The namespaces. Those with pods enforce the `restricted` Pod Security Standard.

https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from cdktf_cdktf_provider_kubernetes.namespace_v1 import NamespaceV1, NamespaceV1Metadata, NamespaceV1Timeouts

from stacks.engine.stack import PipelineStack

_RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"}

READINESS_GATE = {"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"}
"""A pod is ready when the load balancer finds it healthy, so that a rollout never takes the last such pod away.

https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/pod_readiness_gate/
"""

FARGATE_LOGGING = {"aws-observability": "enabled"}


def make_namespace(
    stack: PipelineStack, name: str, *, purpose: str, labels: dict[str, str] | None = None
) -> NamespaceV1:
    return NamespaceV1(
        stack,
        f"{purpose}-namespace",
        metadata=NamespaceV1Metadata(name=name, labels={**_RESTRICTED, **(labels or {})}),
        timeouts=NamespaceV1Timeouts(delete="15m"),
    )
