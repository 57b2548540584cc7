"""Logs and metrics of the pods: Fargate's log router and the collector of Container Insights."""

import json
from typing import Any

import pytest

from stacks.config.model import PipelineConfig
from stacks.cost.capacity import list_pods
from stacks.cost.estimate import METRICS_OF_A_POD
from stacks.naming import LOGGING_NAMESPACE
from stacks.workloads import collector_config
from stacks.workloads.interpolation import escape_interpolation
from tests.support.kubernetes_objects import (
    comes_after,
    named,
    pod_templates,
)
from tests.support.synthesis import MINIMAL, Synthesized, synthesize


def test_logs_are_routed_before_any_pod_starts(workloads: Synthesized) -> None:
    config_map = named(workloads, "ConfigMap")["aws-logging"]
    assert config_map["metadata"]["namespace"] == LOGGING_NAMESPACE
    assert named(workloads, "Namespace")[LOGGING_NAMESPACE]["metadata"]["labels"]["aws-observability"] == "enabled"
    assert sum(map(len, config_map["data"].values())) < 5300
    with_pods = [
        address
        for address in workloads.all_resources()
        if address.startswith(("helm_release.", "kubernetes_deployment_v1.", "kubernetes_stateful_set_v1."))
    ]
    for address in with_pods:
        assert "kubernetes_config_map_v1.pod-logs" in comes_after(workloads, address), address


def test_logs_go_where_core_has_made_a_group(synthesized: dict[str, Synthesized]) -> None:
    output = named(synthesized["workloads"], "ConfigMap")["aws-logging"]["data"]["output.conf"]
    groups = {group["name"] for group in synthesized["core"].resources("aws_cloudwatch_log_group").values()}
    settings = dict(line.split(maxsplit=1) for line in output.splitlines()[1:])
    assert settings["log_group_name"] in groups
    assert settings["region"] == "ap-southeast-2"
    assert settings["auto_create_group"] == "false"


def test_text_in_config_maps_is_no_terraform(workloads: Synthesized) -> None:
    for name, config_map in named(workloads, "ConfigMap").items():
        for text in config_map["data"].values():
            assert "${" not in text.replace("$${", ""), name
            assert "%{" not in text.replace("%%{", ""), name
    assert escape_interpolation("${HOSTNAME} %{if} $1") == "$${HOSTNAME} %%{if} $1"


def test_the_collector_sends_what_the_dashboard_shows(synthesized: dict[str, Synthesized]) -> None:
    text = named(synthesized["workloads"], "ConfigMap")["adot-collector-config"]["data"][collector_config.CONFIG_FILE]
    config = json.loads(text)
    [exporter] = config["exporters"].values()
    [declaration] = exporter["metric_declarations"]
    assert exporter["eks_fargate_container_insights_enabled"] is True
    assert exporter["namespace"] == "ContainerInsights"
    groups = {group["name"] for group in synthesized["core"].resources("aws_cloudwatch_log_group").values()}
    assert exporter["log_group_name"] in groups
    produced = _metrics_of(config["processors"])
    assert set(declaration["metric_name_selectors"]) <= produced
    [body] = synthesized["monitoring"].resources("aws_cloudwatch_dashboard").values()
    for metric in declaration["metric_name_selectors"]:
        assert f'MetricName=\\"{metric}\\"' in body["dashboard_body"], metric
    assert len(declaration["metric_name_selectors"]) == METRICS_OF_A_POD


@pytest.mark.parametrize(("pods", "dimensions"), [("pipeline", 1), ("all", 3)])
def test_estimated_metrics_are_those_of_configured_pods(pods: str, dimensions: int) -> None:
    stack = synthesize({**MINIMAL, "cluster": {"pod_metrics": pods}})["workloads"]
    config = json.loads(named(stack, "ConfigMap")["adot-collector-config"]["data"][collector_config.CONFIG_FILE])
    [scrape] = config["receivers"]["prometheus"]["config"]["scrape_configs"]
    [declaration] = config["exporters"]["awsemf"]["metric_declarations"]
    assert len(declaration["dimensions"]) == dimensions
    assert ["ClusterName", "Namespace", "PodName", "LaunchType"] in declaration["dimensions"]
    kept = [{"action": "keep", "source_labels": ["namespace"], "regex": "thumbnails"}] if pods == "pipeline" else []
    assert scrape["metric_relabel_configs"] == kept


def test_without_pod_metrics_collector_and_graphs_disappear() -> None:
    values = {**MINIMAL, "cluster": {"pod_metrics": "none"}}
    made = synthesize(values)
    assert made["workloads"].resources("kubernetes_stateful_set_v1") == {}
    [dashboard] = made["monitoring"].resources("aws_cloudwatch_dashboard").values()
    assert "ContainerInsights" not in dashboard["dashboard_body"]
    assert "ADOT collector" not in {pods.name for pods in list_pods(PipelineConfig.model_validate(values))}


def test_every_processor_is_in_the_pipeline(workloads: Synthesized) -> None:
    text = named(workloads, "ConfigMap")["adot-collector-config"]["data"][collector_config.CONFIG_FILE]
    config = json.loads(text)
    [pipeline] = config["service"]["pipelines"].values()
    for kind in ("receivers", "processors", "exporters"):
        assert pipeline[kind] == list(config[kind]), kind
    pod = pod_templates(workloads)["adot-collector"]["containers"][0]
    assert config["extensions"]["health_check"]["endpoint"] == f"0.0.0.0:{pod['livenessProbe']['httpGet']['port']}"


def _metrics_of(processors: dict[str, Any]) -> set[str]:
    """Return the names that the collector's processors make."""
    produced = {one["new_name"] for one in processors["metricstransform/pods"]["transforms"]}
    for name, processor in processors.items():
        if name.startswith("metricsgeneration/"):
            for rule in processor["rules"]:
                needed = {rule["metric1"], rule.get("metric2", rule["metric1"])}
                assert needed <= produced, f"{name} needs {needed - produced}"
                produced.add(rule["name"])
    return produced
