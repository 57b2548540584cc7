"""Terraform's Kubernetes resources as the objects that the provider makes of them.

The provider's schema is Kubernetes' own in snake case, with blocks named in the singular; what is different is below.
"""

import json
from collections.abc import Iterator
from typing import Any

from tests.support.synthesis import Synthesized

Object = dict[str, Any]

KINDS = {
    "kubernetes_namespace_v1": ("v1", "Namespace"),
    "kubernetes_config_map_v1": ("v1", "ConfigMap"),
    "kubernetes_secret_v1": ("v1", "Secret"),
    "kubernetes_service_account_v1": ("v1", "ServiceAccount"),
    "kubernetes_service_v1": ("v1", "Service"),
    "kubernetes_role_v1": ("rbac.authorization.k8s.io/v1", "Role"),
    "kubernetes_role_binding_v1": ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    "kubernetes_cluster_role_v1": ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    "kubernetes_cluster_role_binding_v1": ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    "kubernetes_deployment_v1": ("apps/v1", "Deployment"),
    "kubernetes_stateful_set_v1": ("apps/v1", "StatefulSet"),
    "kubernetes_horizontal_pod_autoscaler_v2": ("autoscaling/v2", "HorizontalPodAutoscaler"),
    "kubernetes_pod_disruption_budget_v1": ("policy/v1", "PodDisruptionBudget"),
    "kubernetes_ingress_v1": ("networking.k8s.io/v1", "Ingress"),
}

_OF_TERRAFORM = {"//", "depends_on", "timeouts", "lifecycle", "wait_for_load_balancer", "data_wo_revision"}
_LISTS = {
    "container": "containers",
    "metric": "metrics",
    "path": "paths",
    "port": "ports",
    "rule": "rules",
    "subject": "subjects",
    "volume": "volumes",
    "volume_mount": "volumeMounts",
}
"""Blocks that are lists in Kubernetes, where they are lists in Terraform: a probe's `port` is none."""
_MAPS = {"annotations", "data", "data_wo", "labels", "limits", "match_labels", "requests"}
"""Their keys are people's, not the schema's."""
_NUMBERS = {"fs_group", "max_surge", "max_unavailable", "port", "replicas", "run_as_group", "run_as_user"}
"""Terraform has them as text, as they may be a name, a percentage or absent."""
_SINGLE_IN_LISTS = {"pre_stop"}
_OTHER_NAMES = {"data_wo": "stringData"}


def objects(stack: Synthesized) -> dict[str, Object]:
    """Return every Kubernetes object of a stack by its Terraform address, those of custom kinds in our charts too."""
    found = {}
    for address, resource in stack.all_resources().items():
        kind = address.partition(".")[0]
        if kind.startswith("kubernetes_"):
            api_version, name = KINDS[kind]
            own = {argument: value for argument, value in resource.items() if argument not in _OF_TERRAFORM}
            found[address] = {"apiVersion": api_version, "kind": name, **_converted(own)}
    return found | dict(custom_objects(stack))


def custom_objects(stack: Synthesized) -> Iterator[tuple[str, Object]]:
    for address, resource in stack.all_resources().items():
        if address.startswith("helm_release.") and resource["chart"].startswith("./"):
            for entry in json.loads(resource["values"][0])["objects"]:
                yield f"{address}:{entry['kind']}", entry


def helm_values(stack: Synthesized, release: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(stack.resources("helm_release")[release]["values"][0])
    return values


def pod_templates(stack: Synthesized) -> dict[str, Object]:
    """Return pod specs of Deployments and StatefulSets, by the object's name."""
    return {
        found["metadata"]["name"]: found["spec"]["template"]["spec"]
        for found in objects(stack).values()
        if found["kind"] in {"Deployment", "StatefulSet"}
    }


def named(stack: Synthesized, kind: str) -> dict[str, Object]:
    """Return all objects of a kind, by their names."""
    return {found["metadata"]["name"]: found for found in objects(stack).values() if found["kind"] == kind}


def container(stack: Synthesized, part: str) -> Object:
    """Return the one container of worker, api or frontend."""
    [only] = next(pod for name, pod in pod_templates(stack).items() if name.endswith(f"-{part}"))["containers"]
    found: Object = only
    return found


def variables(stack: Synthesized, part: str) -> dict[str, str]:
    """Return the container's environment."""
    return {entry["name"]: entry["value"] for entry in container(stack, part)["env"]}


def comes_after(stack: Synthesized, address: str) -> set[str]:
    """Return the addresses of all that Terraform makes before it, and destroys after it."""
    resources, waiting = stack.all_resources(), [address]
    before: set[str] = set()
    while waiting:
        for other in resources[waiting.pop()].get("depends_on", []):
            if other not in before:
                before.add(other)
                waiting.append(other)
    return before


def _converted(block: dict[str, Any]) -> Object:
    converted = {}
    for name, value in block.items():
        key = _OTHER_NAMES.get(name) or (_LISTS[name] if name in _LISTS and isinstance(value, list) else _camel(name))
        converted[key] = value if name in _MAPS else _value(name, value)
    return converted


def _value(name: str, value: Any) -> Any:
    if name in _SINGLE_IN_LISTS:
        [value] = value
    if isinstance(value, dict):
        return _converted(value)
    if isinstance(value, list):
        return [_converted(entry) if isinstance(entry, dict) else entry for entry in value]
    return int(value) if name in _NUMBERS and str(value).isdigit() else value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
