"""A rehearsal fills a cluster and empties it; it takes none that holds an instance in use."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from stacks.config.model import PipelineConfig
from stacks.naming import Names
from stacks.rehearse.cluster.api import ClusterApi, find_cluster
from stacks.rehearse.cluster.controller import reconcile
from stacks.rehearse.cluster.objects import (
    Deployed,
    delete_objects,
    deployed_objects,
    list_objects,
    list_remains,
    take_cluster,
)
from stacks.rehearse.emulated.stand_ins import EmulatedLoadBalancer
from stacks.rehearse.errors import RehearsalError
from tests.support.kubernetes_api import KubernetesApi
from tests.support.synthesis import WITH_DOMAIN, Synthesized

CORE, APPS = "/api/v1", "/apis/apiregistration.k8s.io/v1"
DEFINITIONS, KEDA = "/apis/apiextensions.k8s.io/v1", "/apis/keda.sh/v1alpha1"
ROLES, NETWORKING = "/apis/rbac.authorization.k8s.io/v1", "/apis/networking.k8s.io/v1"
INGRESS = f"{NETWORKING}/namespaces/thumbnails/ingresses/thumbnails"
OF_KEDA: dict[str, Any] = {"annotations": {"meta.helm.sh/release-name": "keda"}}
RECORD: dict[str, Any] = {"labels": {"owner": "helm", "name": "aws-load-balancer-controller"}}


@pytest.fixture
def server() -> Iterator[KubernetesApi]:
    api = KubernetesApi()
    api.add(CORE, "namespaces", "kube-system")
    api.add(CORE, "secrets", "bootstrap-token", "kube-system")
    yield api
    api.close()


@pytest.fixture
def api(server: KubernetesApi, tmp_path: Path) -> ClusterApi:
    return ClusterApi(server.write_config(tmp_path / "kubeconfig"))


@pytest.fixture
def deployed(workloads: Synthesized) -> Deployed:
    return deployed_objects({"workloads": workloads.document})


def fill(server: KubernetesApi, **namespace: Any) -> None:
    """Add a few of the objects that a deployment makes."""
    server.add(CORE, "namespaces", "thumbnails", **namespace)
    server.add(CORE, "namespaces", "keda", **namespace)
    server.add(KEDA, "scaledobjects", "thumbnails-worker", "thumbnails", finalizers=["finalizer.keda.sh"])
    server.add(CORE, "secrets", "sh.helm.release.v1.aws-load-balancer-controller.v1", "kube-system", **RECORD)
    server.add(APPS, "apiservices", "v1beta1.external.metrics.k8s.io", **OF_KEDA)
    server.add(ROLES, "clusterroles", "keda-operator", **OF_KEDA)
    server.add(ROLES, "clusterroles", "thumbnails-collector")


def test_the_cluster_of_the_current_context_is_found(server: KubernetesApi, tmp_path: Path) -> None:
    found = find_cluster(server.write_config(tmp_path / "kubeconfig"))
    assert found.version == "v1.36.3"
    assert found.cluster.endpoint.startswith("http://127.0.0.1:")


def test_a_cluster_that_does_not_answer_is_named(server: KubernetesApi, tmp_path: Path) -> None:
    file = server.write_config(tmp_path / "kubeconfig")
    server.close()
    with pytest.raises(RehearsalError, match=r"kubeconfig does not answer \(\w+\): start it, or rehearse without"):
        find_cluster(file)


def test_all_that_the_stack_makes_is_known(deployed: Deployed) -> None:
    assert deployed.namespaces == {"aws-observability", "fargate-container-insights", "keda", "thumbnails"}
    assert deployed.releases == {"aws-load-balancer-controller", "keda", "worker-autoscaler"}
    assert deployed.cluster_wide == {
        ("ClusterRole", "thumbnails-collector"),
        ("ClusterRoleBinding", "thumbnails-collector"),
    }


def test_what_a_killed_rehearsal_left_is_deleted(server: KubernetesApi, api: ClusterApi, deployed: Deployed) -> None:
    before = set(server.objects)
    fill(server, labels={"rehearsal": "true"})
    take_cluster(api, deployed)
    assert set(server.objects) == before


def test_an_instance_in_use_is_never_deleted(server: KubernetesApi, api: ClusterApi, deployed: Deployed) -> None:
    fill(server)
    before = set(server.objects)
    with pytest.raises(RehearsalError, match="has Namespace thumbnails already, which no rehearsal has made"):
        take_cluster(api, deployed)
    assert set(server.objects) == before


def test_a_controller_that_is_there_is_never_deleted(
    server: KubernetesApi, api: ClusterApi, deployed: Deployed
) -> None:
    server.add(CORE, "secrets", "sh.helm.release.v1.aws-load-balancer-controller.v1", "kube-system", **RECORD)
    with pytest.raises(RehearsalError, match=r"has Secret kube-system/sh\.helm\.release"):
        take_cluster(api, deployed)
    assert len(server.objects) == 3


def test_an_aggregated_api_goes_before_the_namespaces(
    server: KubernetesApi, api: ClusterApi, deployed: Deployed
) -> None:
    fill(server)
    delete_objects(api, deployed)
    deleted = [request.rpartition("/")[2].partition("?")[0] for request in server.requests if "DELETE" in request]
    assert deleted[0] == "v1beta1.external.metrics.k8s.io"
    assert set(deleted[-2:]) == {"thumbnails", "keda"}


def test_remains_are_named_but_for_what_helm_keeps(
    server: KubernetesApi, api: ClusterApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stacks.rehearse.cluster.objects._PATIENCE_S", 0.0)
    before = list_objects(api)
    server.add(CORE, "pods", "coredns-2", "kube-system")
    server.add(DEFINITIONS, "customresourcedefinitions", "ingressclassparams.elbv2.k8s.aws")
    assert list_remains(api, before) == ([], ["CustomResourceDefinition ingressclassparams.elbv2.k8s.aws"])
    server.add(DEFINITIONS, "customresourcedefinitions", "scaledobjects.keda.sh", **OF_KEDA)
    server.add(CORE, "secrets", "kedaorg-certs", "keda")
    left, _ = list_remains(api, before)
    assert left == ["CustomResourceDefinition scaledobjects.keda.sh", "Secret keda/kedaorg-certs"]


@pytest.fixture
def _mocked_aws() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.mark.usefixtures("_mocked_aws")
def test_an_ingress_gets_and_loses_its_load_balancer(server: KubernetesApi, api: ClusterApi) -> None:
    session = boto3.Session(region_name="ap-southeast-2", aws_access_key_id="x", aws_secret_access_key="x")  # noqa: S106
    elb = session.client("elbv2")
    balancer = EmulatedLoadBalancer(session, Names(PipelineConfig.model_validate(WITH_DOMAIN)), _subnets(session))
    reconcile(api, "thumbnails", balancer)
    assert elb.describe_load_balancers()["LoadBalancers"] == []
    ingress = server.add(NETWORKING, "ingresses", "thumbnails", "thumbnails")
    for _ in range(2):
        reconcile(api, "thumbnails", balancer)
        (made,) = elb.describe_load_balancers()["LoadBalancers"]
        assert ingress["status"] == {"loadBalancer": {"ingress": [{"hostname": made["DNSName"]}]}}
    # The real controller in a cluster that can run it holds the Ingress.
    ingress["metadata"]["finalizers"] = ["ingress.k8s.aws/resources"]
    api.delete(INGRESS)
    assert INGRESS in server.objects
    reconcile(api, "thumbnails", balancer)
    assert INGRESS not in server.objects
    reconcile(api, "thumbnails", balancer)
    assert elb.describe_load_balancers()["LoadBalancers"] == []


def _subnets(session: "boto3.Session") -> tuple[str, ...]:
    ec2 = session.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    zones = {"ap-southeast-2a": "10.0.0.0/24", "ap-southeast-2b": "10.0.1.0/24"}
    made = [ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone) for zone, cidr in zones.items()]
    return tuple(one["Subnet"]["SubnetId"] for one in made)
