"""Logs and metrics of the pods: Fargate's log router and the collector of Container Insights."""

import json
from typing import Any

from stacks.naming import LOGGING_NAMESPACE
from stacks.workloads import collector_config
from stacks.workloads.interpolation import escape_interpolation
from tests.support.kubernetes_objects import (
    comes_after,
    named,
    pod_templates,
)
from tests.support.synthesis import Synthesized


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
        # Two are shown as shares of their limits.
        shown = f'MetricName=\\"{metric}\\"' in body["dashboard_body"]
        assert shown or metric in {"pod_cpu_usage_total", "pod_memory_working_set"}, metric


def test_every_processor_is_in_the_pipeline(workloads: Synthesized) -> None:
    text = named(workloads, "ConfigMap")["adot-collector-config"]["data"][collector_config.CONFIG_FILE]
    config = json.loads(text)
    [pipeline] = config["service"]["pipelines"].values()
    for kind in ("receivers", "processors", "exporters"):
        assert pipeline[kind] == list(config[kind]), kind
    pod = pod_templates(workloads)["adot-collector"]["containers"][0]
    assert config["extensions"]["health_check"]["endpoint"] == f"0.0.0.0:{pod['livenessProbe']['httpGet']['port']}"


def _metrics_of(processors: dict[str, Any]) -> set[str]:
    """Names that the collector's processors make."""
    produced = {one["new_name"] for one in processors["metricstransform/pods"]["transforms"]}
    for name, processor in processors.items():
        if name.startswith("metricsgeneration/"):
            for rule in processor["rules"]:
                needed = {rule["metric1"], rule.get("metric2", rule["metric1"])}
                assert needed <= produced, f"{name} needs {needed - produced}"
                produced.add(rule["name"])
    return produced
