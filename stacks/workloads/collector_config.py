"""Configuration of the ADOT collector: from the kubelets' cAdvisor to the `ContainerInsights` namespace of CloudWatch.

On Fargate a pod does not reach its node's kubelet, so that the API server passes the scrape on. After the design in
https://aws-otel.github.io/docs/getting-started/container-insights/eks-fargate/ with two differences: metrics of pods
only (those of containers repeat them, as a pod has one, and each log event costs), and the containers' start time,
whose steps are their restarts, which cAdvisor does not count.

CloudWatch charges for each combination of a metric and its dimensions, 30 cents a month. So it gets only what the
dashboard shows. The log events have the absolute figures as well, for Logs Insights.

Pure. `$$` is the collector's own way to write a dollar.
"""

from typing import Any

HEALTH_PORT = 13133
CONFIG_FILE = "collector.yaml"

_PERIOD_S = 60

_POD_TOTALS = {"image": "^$", "container": "^$", "pod": r"\S"}
"""cAdvisor's series for the cgroup of a whole pod."""
_POD_NETWORK = {"pod": r"\S"}
_CONTAINERS = {"container": "^[a-z0-9]", "pod": r"\S"}

_SERIES = {
    "pod_cpu_usage_seconds_total": ("container_cpu_usage_seconds_total", _POD_TOTALS),
    "pod_cpu_limit_raw": ("container_spec_cpu_quota", _POD_TOTALS),
    "pod_memory_working_set": ("container_memory_working_set_bytes", _POD_TOTALS),
    "pod_memory_limit": ("container_spec_memory_limit_bytes", _POD_TOTALS),
    "pod_network_rx_bytes": ("container_network_receive_bytes_total", _POD_NETWORK),
    "pod_network_tx_bytes": ("container_network_transmit_bytes_total", _POD_NETWORK),
    "pod_container_start_time_seconds": ("container_start_time_seconds", _CONTAINERS),
}
_RATES = ["pod_cpu_usage_seconds_total", "pod_network_rx_bytes", "pod_network_tx_bytes"]

METRICS = (
    "pod_cpu_limit",
    "pod_cpu_utilization_over_pod_limit",
    "pod_memory_limit",
    "pod_memory_utilization_over_pod_limit",
    "pod_network_rx_bytes",
    "pod_network_tx_bytes",
    "pod_container_start_time_seconds",
)
"""Metrics that CloudWatch gets in `ContainerInsights`."""

OF_A_POD = ("ClusterName", "Namespace", "PodName", "LaunchType")
SUMS = (("ClusterName", "LaunchType"), ("ClusterName", "Namespace", "LaunchType"))


def collector_config(*, region: str, log_group: str, namespace: str | None) -> dict[str, Any]:
    """Return the configuration for the pods of a namespace; for None for those of all, with sums."""
    processors = {
        "metricstransform/labels": _transform(
            ".*",
            _rename_label("name", "container_id"),
            _rename_label("kubernetes_io_hostname", "NodeName"),
            _rename_label("eks_amazonaws_com_compute_type", "LaunchType"),
        ),
        "resourcedetection": {"detectors": ["env"]},
        "metricstransform/pods": {"transforms": [_series(name, *source) for name, source in _SERIES.items()]},
        "filter": {"metrics": {"include": {"match_type": "regexp", "metric_names": ["pod_.*"]}}},
        "cumulativetodelta": {"include": {"metrics": _RATES, "match_type": "strict"}},
        "deltatorate": {"metrics": _RATES},
        "metricsgeneration/units": {
            "rules": [
                # Cores to thousandths, and a quota of 100,000 µs to a core.
                _scaled("pod_cpu_usage_total", "pod_cpu_usage_seconds_total", "multiply", 1000),
                _scaled("pod_cpu_limit", "pod_cpu_limit_raw", "divide", 100),
                _share("pod_memory_utilization_over_pod_limit", "pod_memory_working_set", "pod_memory_limit"),
            ]
        },
        "metricsgeneration/shares": {
            "rules": [_share("pod_cpu_utilization_over_pod_limit", "pod_cpu_usage_total", "pod_cpu_limit")]
        },
        "metricstransform/dimensions": _transform(
            ".*",
            {"action": "add_label", "new_label": "Type", "new_value": "Pod"},
            _rename_label("namespace", "Namespace"),
            _rename_label("pod", "PodName"),
        ),
        "batch": {"timeout": f"{_PERIOD_S}s"},
    }
    return {
        "receivers": {"prometheus": {"config": _scrapes(namespace)}},
        "processors": processors,
        "exporters": {"awsemf": _exporter(region=region, log_group=log_group, sums=namespace is None)},
        # The collector listens on localhost by default, and the kubelet's probes come from outside.
        "extensions": {"health_check": {"endpoint": f"0.0.0.0:{HEALTH_PORT}"}},
        "service": {
            "extensions": ["health_check"],
            "pipelines": {
                "metrics": {"receivers": ["prometheus"], "processors": list(processors), "exporters": ["awsemf"]}
            },
        },
    }


def _scrapes(namespace: str | None) -> dict[str, Any]:
    kept = [{"action": "keep", "source_labels": ["namespace"], "regex": namespace}] if namespace else []
    account = "/var/run/secrets/kubernetes.io/serviceaccount"
    return {
        "global": {"scrape_interval": f"{_PERIOD_S}s", "scrape_timeout": "40s"},
        "scrape_configs": [
            {
                "job_name": "kubelets-cadvisor",
                "sample_limit": 10_000,
                "scheme": "https",
                "kubernetes_sd_configs": [{"role": "node"}],
                "tls_config": {"ca_file": f"{account}/ca.crt"},
                "bearer_token_file": f"{account}/token",
                "relabel_configs": [
                    {"action": "labelmap", "regex": "__meta_kubernetes_node_label_(.+)"},
                    {"target_label": "__address__", "replacement": "kubernetes.default.svc:443"},
                    {
                        "source_labels": ["__meta_kubernetes_node_name"],
                        "regex": "(.+)",
                        "target_label": "__metrics_path__",
                        "replacement": "/api/v1/nodes/$$1/proxy/metrics/cadvisor",
                    },
                ],
                "metric_relabel_configs": kept,
            }
        ],
    }


def _exporter(*, region: str, log_group: str, sums: bool) -> dict[str, Any]:
    dimensions = [OF_A_POD, *(SUMS if sums else ())]
    return {
        "region": region,
        "namespace": "ContainerInsights",
        "log_group_name": log_group,
        "log_stream_name": "{PodName}",
        "resource_to_telemetry_conversion": {"enabled": True},
        "eks_fargate_container_insights_enabled": True,
        "parse_json_encoded_attr_values": ["kubernetes"],
        "dimension_rollup_option": "NoDimensionRollup",
        "metric_declarations": [
            {"dimensions": [list(names) for names in dimensions], "metric_name_selectors": list(METRICS)}
        ],
    }


def _series(name: str, source: str, labels: dict[str, str]) -> dict[str, Any]:
    """Return a rule that gives the series of `source` with `labels` another name."""
    return {
        "include": source,
        "match_type": "regexp",
        "action": "insert",
        "new_name": name,
        "experimental_match_labels": {**labels, "LaunchType": "fargate"},
    }


def _transform(include: str, *operations: dict[str, str]) -> dict[str, Any]:
    transform = {"include": include, "match_type": "regexp", "action": "update", "operations": list(operations)}
    return {"transforms": [transform]}


def _rename_label(label: str, new_label: str) -> dict[str, str]:
    return {"action": "update_label", "label": label, "new_label": new_label}


def _scaled(name: str, metric: str, operation: str, scale_by: int) -> dict[str, Any]:
    return {
        "name": name,
        "unit": "Millicore",
        "type": "scale",
        "metric1": metric,
        "operation": operation,
        "scale_by": scale_by,
    }


def _share(name: str, metric: str, limit: str) -> dict[str, Any]:
    return {
        "name": name,
        "unit": "Percent",
        "type": "calculate",
        "metric1": metric,
        "metric2": limit,
        "operation": "percent",
    }
