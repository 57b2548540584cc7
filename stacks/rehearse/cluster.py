"""The Kubernetes cluster that a rehearsal may fill: found by its kubeconfig, and given what AWS would give."""

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stacks.naming import Names
from stacks.rehearse.emulated.supplement import Cluster
from stacks.rehearse.errors import RehearsalError

_ATTEMPT_EVERY_S = 1.0
_WEBHOOKS = "aws-load-balancer-webhook"


@dataclass(frozen=True)
class Found:
    cluster: Cluster
    version: str
    kubeconfig: Path


def find_cluster(kubeconfig: Path) -> Found:
    """Return the cluster of the current context. Raises: RehearsalError if it does not answer."""
    from kubernetes import client, config  # noqa: PLC0415 - half a second of imports

    configuration = client.Configuration()
    try:
        config.load_kube_config(str(kubeconfig), client_configuration=configuration)  # type: ignore[no-untyped-call]
        version = client.VersionApi(client.ApiClient(configuration)).get_code(_request_timeout=10).git_version
    except Exception as error:
        raise RehearsalError(
            f"The cluster of {kubeconfig} does not answer ({type(error).__name__}): start it, or rehearse without "
            "--kubeconfig, which leaves out the workloads stack."
        ) from error
    ca = Path(configuration.ssl_ca_cert).read_bytes() if configuration.ssl_ca_cert else b""
    return Found(Cluster(configuration.host, base64.b64encode(ca).decode()), version, kubeconfig.resolve())


@contextmanager
def stand_in_for_controller(found: Found, names: Names, host: str) -> Iterator[None]:
    """Do what the AWS Load Balancer Controller would, while the context lasts: its pod has no AWS to work with.

    Write the load balancer's host name into the Ingress, for which Terraform waits, and delete the controller's
    webhooks, which cannot answer.
    """
    stopping = threading.Event()
    thread = threading.Thread(target=_act_as_controller, args=(found, names, host, stopping), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def _act_as_controller(found: Found, names: Names, host: str, stopping: threading.Event) -> None:
    from kubernetes import client, config  # noqa: PLC0415

    configuration = client.Configuration()
    config.load_kube_config(str(found.kubeconfig), client_configuration=configuration)  # type: ignore[no-untyped-call]
    api = client.ApiClient(configuration)
    networking, admission = client.NetworkingV1Api(api), client.AdmissionregistrationV1Api(api)
    status = {"status": {"loadBalancer": {"ingress": [{"hostname": host}]}}}
    while not stopping.wait(_ATTEMPT_EVERY_S):
        try:
            for ingress in networking.list_namespaced_ingress(names.namespace).to_dict()["items"]:
                name, metadata = ingress["metadata"]["name"], ingress["metadata"]
                if not ingress["status"]["load_balancer"]["ingress"]:
                    networking.patch_namespaced_ingress_status(name, names.namespace, status)
                if metadata["deletion_timestamp"] and metadata["finalizers"]:
                    released = {"metadata": {"finalizers": None}}
                    networking.patch_namespaced_ingress(name, names.namespace, released)
            for kind in ("mutating", "validating"):
                listed = getattr(admission, f"list_{kind}_webhook_configuration")().items
                for webhook in listed:
                    if webhook.metadata.name == _WEBHOOKS:
                        getattr(admission, f"delete_{kind}_webhook_configuration")(_WEBHOOKS)
        except client.ApiException:
            continue  # the namespace or the Ingress is not there yet, or was changed meanwhile
