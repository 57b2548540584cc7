"""Boxes and arrows of the workloads stack: what runs in the cluster, and what it reaches."""

import json
from collections.abc import Iterator

from stacks.graph.resources import Arrow, DrawnBox, Fields, Resources
from stacks.naming import StackId

_PREFIX = "alb.ingress.kubernetes.io"
_CONTROLLERS = {
    "keda": ("KEDA", "scales by the queue"),
    "aws-load-balancer-controller": ("load balancer controller", "makes the ALB of the Ingress"),
}
_SHOWN = ("frontend", "api", "frames", "worker")


def list_boxes(found: Resources) -> Iterator[DrawnBox]:
    for ingress in found.of(StackId.WORKLOADS, "kubernetes_ingress_v1").values():
        annotations = ingress["metadata"]["annotations"]
        ports = [next(iter(entry.items())) for entry in json.loads(annotations[f"{_PREFIX}/listen-ports"])]
        spoken = "HTTPS, from HTTP by redirect" if f"{_PREFIX}/ssl-redirect" in annotations else "HTTP"
        yield DrawnBox(
            key="ingress",
            panel=StackId.WORKLOADS,
            column=0,
            title=f"load balancer {annotations[f'{_PREFIX}/load-balancer-name']}",
            lines=(spoken, "ports " + ", ".join(str(port) for _, port in ports)),
        )
    scaling = _scaled_object(found)
    if scaling:
        min_count, max_count = scaling["minReplicaCount"], scaling["maxReplicaCount"]
        trigger = scaling["triggers"][0]["metadata"]
        yield DrawnBox(
            key="scaler",
            panel=StackId.WORKLOADS,
            column=0,
            title=f"KEDA scales {min_count} to {max_count}",
            lines=(f"1 pod for {trigger['queueLength']} messages", f"asks every {scaling['pollingInterval']} s"),
        )
    for name in found.of(StackId.WORKLOADS, "helm_release"):
        if name in _CONTROLLERS:
            title, does = _CONTROLLERS[name]
            yield DrawnBox(key=f"chart:{name}", panel=StackId.WORKLOADS, column=0, title=title, lines=(does,))
    yield from _deployments(found)
    for name in found.of(StackId.WORKLOADS, "kubernetes_stateful_set_v1"):
        yield DrawnBox(
            key=f"set:{name}",
            panel=StackId.WORKLOADS,
            column=1,
            title="ADOT collector",
            lines=("Container Insights on Fargate",),
        )


def list_arrows(found: Resources) -> Iterator[Arrow]:
    components = _components(found)
    for ingress in found.of(StackId.WORKLOADS, "kubernetes_ingress_v1").values():
        for path in (path for rule in ingress["spec"]["rule"] for path in rule["http"]["path"]):
            name = path["backend"]["service"]["name"]
            # The api's second Service needs no second arrow.
            if name in components:
                yield Arrow("ingress", f"deployment:{components[name]}", path["path"])
    scaling = _scaled_object(found)
    if scaling:
        yield Arrow("scaler", f"deployment:{components.get(scaling['scaleTargetRef']['name'], '')}")
    for component, deployment in _by_component(found).items():
        variables = _variables(deployment)
        for name, other in components.items():
            if any(value.startswith(f"http://{name}:") for value in variables.values()):
                yield Arrow(f"deployment:{component}", f"deployment:{other}", "/api")
        for key, name in _stores(found).items():
            # A queue is named by its URL; a table may have the queue's name.
            is_named = str.endswith if key.startswith("queue:") else str.__eq__
            wanted = f"/{name}" if key.startswith("queue:") else name
            if any(is_named(value, wanted) for value in variables.values()):
                yield Arrow(f"deployment:{component}", key)


def _deployments(found: Resources) -> Iterator[DrawnBox]:
    scaled = {
        scaler["spec"]["scale_target_ref"]["name"]: scaler["spec"]
        for scaler in found.of(StackId.WORKLOADS, "kubernetes_horizontal_pod_autoscaler_v2").values()
    }
    deployments = _by_component(found)
    for component in sorted(deployments, key=_SHOWN.index):
        deployment = deployments[component]
        size = deployment["spec"]["template"]["spec"]["container"][0]["resources"]["requests"]
        lines = [f"{size['cpu']} CPU, {size['memory']}"]
        hpa = scaled.get(deployment["metadata"]["name"])
        if hpa:
            target = hpa["metric"][0]["resource"]["target"]["average_utilization"]
            lines.append(f"{hpa['min_replicas']} to {hpa['max_replicas']} pods, at {target} % CPU")
        elif component == "worker":
            lines.append("three frames of each video")
        yield DrawnBox(
            key=f"deployment:{component}",
            panel=StackId.WORKLOADS,
            column=1,
            title=component,
            lines=tuple(lines),
        )


def _by_component(found: Resources) -> dict[str, Fields]:
    label = "app.kubernetes.io/component"
    deployments = found.of(StackId.WORKLOADS, "kubernetes_deployment_v1").values()
    return {deployment["metadata"]["labels"][label]: deployment for deployment in deployments}


def _components(found: Resources) -> dict[str, str]:
    """Return the component by the name that its Deployment and its Service share."""
    return {deployment["metadata"]["name"]: component for component, deployment in _by_component(found).items()}


def _variables(deployment: Fields) -> dict[str, str]:
    container = deployment["spec"]["template"]["spec"]["container"][0]
    return {variable["name"]: str(variable["value"]) for variable in container["env"]}


def _stores(found: Resources) -> dict[str, str]:
    """Return the names of buckets, queues, tables and secrets, by the keys of their boxes."""
    kinds = {
        "bucket": ("aws_s3_bucket", "bucket"),
        "queue": ("aws_sqs_queue", "name"),
        "table": ("aws_dynamodb_table", "name"),
        "secret": ("aws_secretsmanager_secret", "name"),
    }
    return {
        f"{kind}:{name}": resource[field]
        for kind, (resources, field) in kinds.items()
        for name, resource in found.of(StackId.CORE, resources).items()
    }


def _scaled_object(found: Resources) -> Fields | None:
    for release in found.of(StackId.WORKLOADS, "helm_release").values():
        for values in release.get("values", []):
            for entry in json.loads(values).get("objects", []) if values.startswith("{") else []:
                if entry["kind"] == "ScaledObject":
                    spec: Fields = entry["spec"]
                    return spec
    return None
