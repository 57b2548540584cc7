"""A load balancer for the Ingress of a cluster, as AWS would give it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from stacks.rehearse.cluster.api import ClusterApi, ClusterError
from stacks.rehearse.emulated.stand_ins import EmulatedLoadBalancer

_ATTEMPT_EVERY_S = 1.0


@contextmanager
def stand_in_for_controller(api: ClusterApi, namespace: str, balancer: EmulatedLoadBalancer) -> Iterator[None]:
    """Do what the AWS Load Balancer Controller would, while the context lasts: its pod has no AWS to work with.

    An Ingress gets a load balancer, and its host name as the status for which Terraform waits. The load balancer goes
    with the Ingress.
    """
    stopping = threading.Event()
    thread = threading.Thread(target=_act_as_controller, args=(api, namespace, balancer, stopping), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def _act_as_controller(
    api: ClusterApi, namespace: str, balancer: EmulatedLoadBalancer, stopping: threading.Event
) -> None:
    while not stopping.wait(_ATTEMPT_EVERY_S):
        try:
            reconcile(api, namespace, balancer)
        except ClusterError:
            continue  # the Ingress was changed meanwhile, or the cluster is busy


def reconcile(api: ClusterApi, namespace: str, balancer: EmulatedLoadBalancer) -> None:
    """Give every Ingress the load balancer, or delete it if there is no Ingress. Raises: ClusterError."""
    path = f"/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses"
    ingresses = api.get(path)["items"]
    for ingress in ingresses:
        metadata, own = ingress["metadata"], f"{path}/{ingress['metadata']['name']}"
        if metadata.get("deletionTimestamp"):
            if metadata.get("finalizers"):
                api.patch(own, {"metadata": {"finalizers": None}})
        elif not ingress["status"].get("loadBalancer", {}).get("ingress"):
            host = {"hostname": balancer.make()}
            api.patch(f"{own}/status", {"status": {"loadBalancer": {"ingress": [host]}}})
    if not ingresses:
        balancer.delete()
