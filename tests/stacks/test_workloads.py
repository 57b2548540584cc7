"""The workloads stack as a whole: what Kubernetes, the services and the other stacks say of it."""

import json

import kubernetes_validate  # type: ignore[import-untyped]  # it has no types
import pytest

from services.contract.settings import ApiSettings, FrontendSettings, ServiceSettings, WorkerSettings
from stacks.config.model import PipelineConfig
from stacks.cost.capacity import list_pods
from stacks.engine.environment import container_environment
from stacks.naming import Names
from stacks.workloads.components import describe_api, describe_frames, describe_worker
from tests.support.kubernetes_objects import (
    comes_after,
    helm_values,
    named,
    objects,
    variables,
)
from tests.support.synthesis import MATRIX, MINIMAL, WITH_DOMAIN, Config, Synthesized, synthesize

SETTINGS: dict[str, type[ServiceSettings]] = {
    "worker": WorkerSettings,
    "api": ApiSettings,
    "frontend": FrontendSettings,
}
FOREIGN_KINDS = {"ScaledObject", "TriggerAuthentication"}
"""KEDA's, of which Kubernetes has no schema."""


def workloads_of(config: Config) -> Synthesized:
    return synthesize(config)["workloads"]


@pytest.mark.parametrize("config", MATRIX.values(), ids=MATRIX)
def test_every_object_fits_kubernetes_own_schema(config: Config) -> None:
    version = PipelineConfig.model_validate(config).cluster.kubernetes_version
    for address, found in objects(workloads_of(config)).items():
        if found["kind"] not in FOREIGN_KINDS:
            assert kubernetes_validate.validate(found, version, strict=True) == version, address


@pytest.mark.parametrize("part", SETTINGS)
@pytest.mark.parametrize("config", MATRIX.values(), ids=MATRIX)
def test_each_service_accepts_the_environment_of_its_deployment(
    config: Config, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, given = SETTINGS[part], variables(workloads_of(config), part)
    for name in settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings.from_environment()
    assert set(given) <= {name.upper() for name in settings.model_fields}


def test_services_find_what_the_core_stack_has_made(synthesized: dict[str, Synthesized]) -> None:
    names = Names(PipelineConfig.model_validate(WITH_DOMAIN))
    core, workloads = synthesized["core"], synthesized["workloads"]
    queue = core.resources("aws_sqs_queue")["videos-queue"]["name"]
    for part in ("worker", "api"):
        given = variables(workloads, part)
        assert given["SQS_QUEUE_URL"] == f"https://sqs.ap-southeast-2.amazonaws.com/123456789012/{queue}"
        assert given["S3_BUCKET"] == names.resources.bucket
        assert given["VIDEOS_TABLE"] == core.resources("aws_dynamodb_table")["videos-table"]["name"]
        assert given["S3_THUMBNAIL_PREFIX"] == "thumbnails/"
        assert given["TABLE_SHARDS"] == "1"
    assert variables(workloads, "api")["WORKER_NAMESPACE"] == names.namespace
    assert variables(workloads, "api")["TEST_SOURCE_BUCKET"] == names.resources.test_source_bucket
    assert variables(workloads, "frontend")["API_BASE_URL"] == "http://thumbnails-api:8000"


def test_events_reach_the_services_only_if_the_config_enables_them() -> None:
    chosen = {"enabled": True, "allow_private_targets": True, "retention_days": 7}
    on, off = (PipelineConfig.model_validate(one) for one in ({**MINIMAL, "events": chosen}, MINIMAL))
    for describe in (describe_worker, describe_api):
        given = describe(on).environment
        assert (given["EVENTS_ENABLED"], given["EVENTS_RETENTION_DAYS"]) == ("True", "7")
        assert not [name for name in describe(off).environment if name.startswith("EVENTS")]
    assert describe_api(on).environment["EVENTS_ALLOW_PRIVATE_TARGETS"] == "True"


def test_traces_are_off_unless_the_config_names_a_collector() -> None:
    address = "http://collector.monitoring:4318"
    on, off = (
        PipelineConfig.model_validate({**MINIMAL, "cluster": chosen}) for chosen in ({"otlp_endpoint": address}, {})
    )
    for describe in (describe_worker, describe_api, describe_frames):
        assert describe(on).environment["OTEL_EXPORTER_OTLP_ENDPOINT"] == address
        assert not [name for name in describe(off).environment if name.startswith("OTEL")]
    assert WorkerSettings.model_fields["otel_exporter_otlp_endpoint"].default is None


def test_settings_that_a_service_refuses_stop_synthesis() -> None:
    with pytest.raises(ValueError, match="api_base_url"):
        container_environment(FrontendSettings, api_base_url="http://thumbnails-api:8000/path")
    with pytest.raises(ValueError, match="has no api_url"):
        container_environment(FrontendSettings, api_url="http://thumbnails-api:8000")
    with pytest.raises(ValueError, match="sqs_queue_url"):
        container_environment(WorkerSettings, aws_region="ap-southeast-2")


def test_container_settings_ignore_the_local_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "no port")
    assert container_environment(FrontendSettings, api_base_url="http://thumbnails-api:8000") == {
        "API_BASE_URL": "http://thumbnails-api:8000"
    }


def test_servers_keep_connections_longer_than_the_load_balancer() -> None:
    for idle_s in (60, 4000):
        stack = workloads_of({**MINIMAL, "load_balancer": {"idle_timeout_s": idle_s}})
        assert f"idle_timeout.timeout_seconds={idle_s}," in str(named(stack, "Ingress")["thumbnails"]["metadata"])
        assert int(variables(stack, "api")["API_KEEP_ALIVE_S"]) > idle_s
        assert int(variables(stack, "frontend")["KEEP_ALIVE_TIMEOUT"]) > idle_s * 1000


def test_controllers_outlive_what_they_must_clean_up(workloads: Synthesized) -> None:
    assert "helm_release.aws-load-balancer-controller" in comes_after(workloads, "kubernetes_ingress_v1.ingress")
    assert "helm_release.keda" in comes_after(workloads, "helm_release.worker-autoscaler")
    for address, found in objects(workloads).items():
        namespace = found["metadata"].get("namespace")
        if namespace in named(workloads, "Namespace") and ":" not in address:
            before = {name for name in comes_after(workloads, address) if name.startswith("kubernetes_namespace_v1.")}
            made = {workloads.all_resources()[name]["metadata"]["name"] for name in before}
            assert namespace in made, address


@pytest.mark.parametrize("replicas", [1, 2])
def test_load_balancer_controllers_match_the_cost_estimate(replicas: int) -> None:
    values = {**MINIMAL, "load_balancer": {"controller_replicas": replicas}}
    release = synthesize(values)["workloads"].resources("helm_release")["aws-load-balancer-controller"]
    given = json.loads(release["values"][0])
    assert given["replicaCount"] == replicas
    # One is evicted at a time, so that the other still answers the webhooks.
    assert given["podDisruptionBudget"] == {"maxUnavailable": 1}
    counted = {pods.name: pods.min_count for pods in list_pods(PipelineConfig.model_validate(values))}
    assert counted["load balancer controller"] == replicas


def test_keda_comes_after_the_namespace_that_it_watches(workloads: Synthesized) -> None:
    """Check the order: KEDA's chart puts a RoleBinding into the namespace."""
    watched = helm_values(workloads, "keda")["watchNamespace"]
    before = comes_after(workloads, "helm_release.keda")
    made = {
        address
        for address, found in workloads.all_resources().items()
        if address.startswith("kubernetes_namespace_v1.") and found["metadata"]["name"] == watched
    }
    assert made
    assert made <= before


def test_other_stacks_are_known_by_their_outputs_only(synthesized: dict[str, Synthesized]) -> None:
    for stack in ("workloads", "dns", "monitoring"):
        own = synthesized[stack]
        states = own.document.get("data", {}).get("terraform_remote_state", {})
        for other in states:
            published = synthesized[other].document["output"]
            for output in _outputs_read(own.text, other):
                assert output in published, f"{stack} reads {output}, which {other} does not publish"


def _outputs_read(text: str, other: str) -> set[str]:
    prefix = f"data.terraform_remote_state.{other}.outputs."
    return {part.split("}")[0].split(")")[0].split(".")[0] for part in text.split(prefix)[1:]}
