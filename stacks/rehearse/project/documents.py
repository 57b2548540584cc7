"""The synthesized stacks, changed so that Terraform sends everything to the emulated AWS and nothing elsewhere."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stacks.charts.pins import KEDA, LOAD_BALANCER_CONTROLLER
from stacks.naming import QUEUE_AUTOSCALER
from stacks.rehearse.cluster.objects import MARK
from stacks.rehearse.errors import RehearsalError
from stacks.rehearse.providers import unknown_attributes, without_attributes

SECRET_KEY = "test"  # noqa: S105 - with which the emulated AWS checks presigned URLs

_NO_PROXY = "127.0.0.1,localhost"

_NOWHERE = "http://127.0.0.1:1"
"""Address in a pod at which nobody listens."""

_HERE = "http://127.0.0.1:"

_KINDS = {
    "resource": "resource_schemas",
    "data": "data_source_schemas",
    "ephemeral": "ephemeral_resource_schemas",
}

Schemas = Mapping[str, Any]
"""Schemas of the AWS provider, as `terraform providers schema -json` prints them."""


@dataclass(frozen=True, kw_only=True)
class RequestTarget:
    """Addresses to which a stack's requests go."""

    endpoint: str
    account: str
    kubeconfig: str | None = None
    """File of the cluster that takes the place of EKS."""


def redirect(document: dict[str, Any], target: RequestTarget) -> None:
    """Give the backend, the remote states and every AWS provider of a stack the target's endpoint.

    A provider gets its endpoint from AWS_ENDPOINT_URL. A block `endpoints` costs it a second of CPU whenever it starts:
    it writes out all 300 services to check each of them.
    """
    state = _state_settings(target)
    for backend in document.get("terraform", {}).get("backend", {}).values():
        backend.update(state)
    for remote in document.get("data", {}).get("terraform_remote_state", {}).values():
        remote["config"].update(state)
    for provider in document.get("provider", {}).get("aws", []):
        provider.pop("endpoints", None)
        provider |= {
            "access_key": target.account,
            "secret_key": SECRET_KEY,
            # What is sent to another address all the same ends at the proxy, which opens no tunnel.
            "https_proxy": target.endpoint,
            "no_proxy": _NO_PROXY,
            "s3_use_path_style": True,
            "skip_metadata_api_check": "true",
        }
    if target.kubeconfig:
        _use_cluster(document, target)


def check_endpoints(stack: str, document: Mapping[str, Any]) -> None:
    """Refuse a stack that could reach real AWS.

    Raises:
        RehearsalError: the backend or a remote state has no endpoint on this machine, or a provider block no proxy.
    """
    for name, addresses in _addresses(document):
        if not addresses or not all(str(address).startswith(_HERE) for address in addresses):
            raise RehearsalError(
                f"The rehearsal does not start: {name} of the stack {stack} has no endpoint on this machine, so it "
                "could reach real AWS. Configure AWS in the provider `aws` only, and keep state in the S3 backend."
            )


def set_provider_version(document: dict[str, Any], version: str) -> None:
    """Replace the pinned version of the AWS provider."""
    document["terraform"]["required_providers"]["aws"]["version"] = version


def pinned_provider(document: Mapping[str, Any]) -> str:
    return str(document["terraform"]["required_providers"]["aws"]["version"])


def leave_out_unknown(stack: str, document: dict[str, Any], schemas: Schemas) -> list[str]:
    """Remove the arguments that a version of the AWS provider does not know, and return them.

    Raises:
        RehearsalError: it does not know a type of resource.
    """
    (known,) = schemas["provider_schemas"].values()
    for kind, field in _KINDS.items():
        for resource_type in document.get(kind, {}):
            if resource_type.startswith("aws_") and resource_type not in known[field]:
                raise RehearsalError(
                    f"This version of the AWS provider is too old for the stack {stack}: it has no {resource_type}. "
                    "Rehearse with a newer one (--aws-provider VERSION), or without that stack (--stacks)."
                )
    unknown = unknown_attributes(schemas, document)
    changed = without_attributes(document, unknown)
    document.clear()
    document.update(changed)
    return sorted(set(map(str, unknown)))


def resource_types(documents: Mapping[str, Mapping[str, Any]]) -> set[str]:
    return {name for document in documents.values() for kind in _KINDS for name in document.get(kind, {})}


def reduce_schemas(printed: Mapping[str, Any], types: set[str]) -> Schemas:
    """Return what the schemas of the AWS provider say of these types: all of them have 14 MB."""
    ((source, schema),) = printed["provider_schemas"].items()
    reduced = {
        kind: {name: schema[kind][name] for name in sorted(types & schema[kind].keys())} for kind in _KINDS.values()
    }
    return {"provider_schemas": {source: {"provider": schema["provider"], **reduced}}}


def _state_settings(target: RequestTarget) -> dict[str, Any]:
    return {
        "access_key": target.account,
        "secret_key": SECRET_KEY,
        "endpoints": {"s3": target.endpoint, "sts": target.endpoint, "iam": target.endpoint},
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
        "skip_requesting_account_id": True,
        "use_path_style": True,
    }


def _use_cluster(document: dict[str, Any], target: RequestTarget) -> None:
    """Let the Kubernetes and Helm providers of a stack log in by the kubeconfig, and wait for no pod.

    EKS' tokens are unknown to another cluster. Its nodes cannot pull from ECR, so no pod of ours becomes ready. Pods of
    public images can start there, and get no way to AWS either.
    """
    providers = document.get("provider", {})
    if "kubernetes" in providers:
        providers["kubernetes"] = [{"config_path": target.kubeconfig}]
    if "helm" in providers:
        providers["helm"] = [{"kubernetes": {"config_path": target.kubeconfig}}]
    resources = document.get("resource", {})
    variables = {
        "AWS_ENDPOINT_URL": _NOWHERE,
        "AWS_ACCESS_KEY_ID": target.account,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for arguments in resources.get("kubernetes_namespace_v1", {}).values():
        arguments["metadata"]["labels"] = {**arguments["metadata"].get("labels", {}), MARK: "true"}
    entries = [{"name": name, "value": value} for name, value in variables.items()]
    for kind in ("kubernetes_deployment_v1", "kubernetes_stateful_set_v1"):
        for arguments in resources.get(kind, {}).values():
            arguments["wait_for_rollout"] = False
            for container in arguments["spec"]["template"]["spec"]["container"]:
                container["env"] = [*container.get("env", []), *entries]
    values = {
        KEDA.name: {"env": entries},
        # Its webhooks could not be answered where its pods are simulated or cannot start.
        LOAD_BALANCER_CONTROLLER.name: {
            "env": variables,
            "webhookConfig": {"disableIngressValidation": True},
            "webhookNamespaceSelectors": [{"key": MARK, "operator": "In", "values": ["never"]}],
        },
    }
    for release, arguments in resources.get("helm_release", {}).items():
        if release in values:
            arguments["values"] = [*arguments["values"], json.dumps(values[release])]
        # A release of ours has no pods; KEDA must end its finalizers before KEDA itself goes.
        if release != QUEUE_AUTOSCALER:
            arguments |= {"wait": False, "atomic": False}


def _addresses(document: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Yield every place of a stack that connects to AWS, with the addresses that it names."""
    for name, backend in document.get("terraform", {}).get("backend", {}).items():
        yield f"the backend {name}", [*backend.get("endpoints", {}).values()]
    for name, remote in document.get("data", {}).get("terraform_remote_state", {}).items():
        yield f"the remote state {name}", [*remote["config"].get("endpoints", {}).values()]
    for name, blocks in document.get("provider", {}).items():
        if name in ("aws", "awscc"):
            for block in blocks:
                yield f"a provider block `{name}`", _addresses_of_provider(block)
    used = {name.partition("_")[0] for kind in _KINDS for name in document.get(kind, {})}
    for name in sorted(used & {"aws", "awscc"} - document.get("provider", {}).keys()):
        yield f"the provider `{name}`, which has no block,", []


def _addresses_of_provider(block: Mapping[str, Any]) -> list[Any]:
    """Return the endpoints of a provider block, and the proxy of all requests; none if some go past the proxy."""
    if block.get("no_proxy") != _NO_PROXY or "https_proxy" not in block:
        return []
    return [block["https_proxy"], *(address for one in block.get("endpoints", []) for address in one.values())]
