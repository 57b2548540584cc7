"""The objects of a cluster: those that a deployment makes, and those that it leaves behind."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stacks.naming import StackId
from stacks.rehearse.cluster.api import ClusterApi, ClusterError
from stacks.rehearse.errors import RehearsalError

MARK = "rehearsal"
"""Label of the namespaces of a rehearsal. An instance in use does not have it."""

_METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_CHANGING = frozenset(
    {
        *("CSINode", "CertificateSigningRequest", "ComponentStatus", "ControllerRevision", "Endpoints"),
        *("EndpointSlice", "Event", "IPAddress", "Lease", "Node", "NodeMetrics", "Pod", "PodMetrics", "ReplicaSet"),
    }
)
"""Kinds that Kubernetes makes by itself and at any time; their owners are objects of other kinds."""

_DEFINITION = "CustomResourceDefinition"
_API_SERVICE = "APIService"
_RELEASE = "meta.helm.sh/release-name"
_PATIENCE_S = 180.0
_PAUSE_S = 1.0


@dataclass(frozen=True)
class ClusterObject:
    kind: str
    namespace: str
    name: str
    path: str
    """Path of its URL, which no other object has."""
    release: str = ""
    """Helm release that it belongs to, or whose record it is."""
    finalizers: tuple[str, ...] = ()
    is_marked: bool = False

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """Names of everything that the workloads stack makes in a cluster."""

    namespaces: frozenset[str]
    releases: frozenset[str]
    cluster_wide: frozenset[tuple[str, str]]
    """Kinds and names."""

    def has(self, one: ClusterObject) -> bool:
        if one.kind == "Namespace":
            return one.name in self.namespaces
        return (
            one.namespace in self.namespaces
            or one.release in self.releases
            or (one.kind, one.name) in self.cluster_wide
        )


def deployed_objects(documents: Mapping[str, Mapping[str, Any]]) -> Deployed:
    """Return what the synthesized workloads stack makes in a cluster."""
    resources = documents[StackId.WORKLOADS]["resource"]
    kinds = {
        "kubernetes_cluster_role_v1": "ClusterRole",
        "kubernetes_cluster_role_binding_v1": "ClusterRoleBinding",
    }
    cluster_wide = {(kind, name) for type_, kind in kinds.items() for name in _names(resources.get(type_, {}))}
    return Deployed(
        namespaces=frozenset(_names(resources["kubernetes_namespace_v1"])),
        releases=frozenset(one["name"] for one in resources["helm_release"].values()),
        cluster_wide=frozenset(cluster_wide),
    )


def list_objects(api: ClusterApi) -> dict[str, ClusterObject]:
    """Return every object by its path, but for those of kinds that change all the time. Raises: ClusterError."""
    groups = [group["preferredVersion"]["groupVersion"] for group in api.get("/apis")["groups"]]
    found: dict[str, ClusterObject] = {}
    for root in ("/api/v1", *(f"/apis/{group}" for group in groups)):
        try:
            kinds = api.get(root)["resources"]
        except ClusterError:
            continue  # an aggregated API whose pod does not run
        for kind in kinds:
            if "list" in kind.get("verbs", ()) and "/" not in kind["name"] and kind["kind"] not in _CHANGING:
                found |= {one.path: one for one in _list_kind(api, root, kind)}
    return found


def list_remains(api: ClusterApi, before: Mapping[str, ClusterObject]) -> tuple[list[str], list[str]]:
    """Return what a destroy has left: objects that were not there before, and definitions that Helm keeps.

    Helm never deletes the definitions in a chart's folder `crds`: objects of theirs would go with them.
    https://helm.sh/docs/chart_best_practices/custom_resource_definitions/
    """
    until = time.monotonic() + _PATIENCE_S
    while True:
        left = [one for path, one in list_objects(api).items() if path not in before]
        kept = [one for one in left if one.kind == _DEFINITION and not one.release]
        others = [one for one in left if one not in kept]
        if not others or time.monotonic() > until:
            return sorted(map(str, others)), sorted(map(str, kept))
        time.sleep(_PAUSE_S)


def take_cluster(api: ClusterApi, deployed: Deployed) -> None:
    """Empty a cluster of what a rehearsal that was killed has left in it.

    Raises:
        RehearsalError: it has objects of an instance that is none of a rehearsal's.
    """
    found = _list_deployed(api, deployed)
    namespaces = [one for one in found if one.kind == "Namespace"]
    others = [one for one in namespaces if not one.is_marked] if namespaces else found
    if others:
        raise RehearsalError(
            f"The cluster has {others[0]} already, which no rehearsal has made: name another cluster with "
            "--kubeconfig, such as a new one of kind."
        )
    until = time.monotonic() + _PATIENCE_S
    while found:
        delete_objects(api, deployed)
        if time.monotonic() > until:
            raise RehearsalError(f"The cluster does not let go of {found[0]}: delete it by hand, or use a new cluster.")
        time.sleep(_PAUSE_S)
        found = _list_deployed(api, deployed)


def delete_objects(api: ClusterApi, deployed: Deployed) -> None:
    """Delete all that a rehearsal has made, without waiting for its end; no controller is asked. Raises: ClusterError.

    First an aggregated API: no namespace can end while one does not answer.
    """
    for one in sorted(
        _list_deployed(api, deployed), key=lambda one: (one.kind != _API_SERVICE, one.kind == "Namespace")
    ):
        with contextlib.suppress(ClusterError):  # gone meanwhile; if not, the next listing shows it
            api.delete(one.path)
            if one.finalizers:
                api.patch(one.path, {"metadata": {"finalizers": None}})


def _list_deployed(api: ClusterApi, deployed: Deployed) -> list[ClusterObject]:
    return [one for one in list_objects(api).values() if deployed.has(one)]


def _names(resources: Mapping[str, Any]) -> list[str]:
    return [one["metadata"]["name"] for one in resources.values()]


def _list_kind(api: ClusterApi, root: str, kind: Mapping[str, Any]) -> Iterator[ClusterObject]:
    try:
        items = api.get(f"{root}/{kind['name']}", accept=_METADATA_ONLY)["items"]
    except ClusterError:
        return  # its definition was deleted meanwhile
    for item in items:
        metadata = item["metadata"]
        namespace, name, labels = metadata.get("namespace", ""), metadata["name"], metadata.get("labels") or {}
        folder = f"{root}/namespaces/{namespace}" if namespace else root
        record = labels.get("name", "") if labels.get("owner") == "helm" else ""
        yield ClusterObject(
            kind=kind["kind"],
            namespace=namespace,
            name=name,
            path=f"{folder}/{kind['name']}/{name}",
            release=(metadata.get("annotations") or {}).get(_RELEASE, record),
            finalizers=tuple(metadata.get("finalizers") or ()),
            is_marked=MARK in labels,
        )
