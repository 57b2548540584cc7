"""The CloudWatch dashboard, from the uploads to the people who look. Pure.

Its language: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

import json
from collections.abc import Sequence
from typing import Any

from stacks.config.model import PipelineConfig
from stacks.monitoring.alarms import OLDEST, VISIBLE
from stacks.monitoring.metrics import Metric, PipelineMetrics

_COLUMNS = 24
_WIDTH, _HEIGHT = 8, 6


def dashboard_body(config: PipelineConfig, metrics: PipelineMetrics, *, alarm_arns: Sequence[str]) -> str:
    graphs = [
        _graph(
            config,
            "Queue",
            [
                _line(metrics.queue(VISIBLE), "waiting", "Maximum"),
                _line(metrics.queue("ApproximateNumberOfMessagesNotVisible"), "in progress", "Maximum"),
            ],
        ),
        _graph(config, "Oldest waiting video, s", [_line(metrics.queue(OLDEST), "age", "Maximum")]),
        _graph(config, "Dead letters", [_line(metrics.dead_letters(VISIBLE), "videos", "Maximum")]),
        _graph(
            config,
            "Videos",
            [
                _line(metrics.videos_done.metric, "done", "Sum"),
                _line(metrics.videos_failed.metric, "failed", "Sum"),
            ],
        ),
        *(_graphs_of_pods(config) if config.cluster.pod_metrics != "none" else ()),
        _graph(
            config,
            "Requests and errors",
            [
                _line(metrics.balancer("RequestCount"), "requests", "Sum"),
                _line(metrics.balancer("HTTPCode_ELB_5XX_Count"), "errors of the load balancer", "Sum"),
                _line(metrics.balancer("HTTPCode_Target_5XX_Count"), "errors of pods", "Sum"),
            ],
        ),
        _graph(
            config,
            "Response time, s",
            [
                _line(metrics.balancer("TargetResponseTime"), "p50", "p50"),
                _line(metrics.balancer("TargetResponseTime"), "p95", "p95"),
            ],
        ),
        _graph(config, "Connections", [_line(metrics.balancer("ActiveConnectionCount"), "connections", "Sum")]),
    ]
    status = {"title": "Alarms", "alarms": list(alarm_arns)}
    widgets = [{"type": "alarm", "x": 0, "y": 0, "width": _COLUMNS, "height": 3, "properties": status}]
    for index, properties in enumerate(graphs):
        row, column = divmod(index, _COLUMNS // _WIDTH)
        place = {"x": column * _WIDTH, "y": 3 + row * _HEIGHT, "width": _WIDTH, "height": _HEIGHT}
        widgets.append({"type": "metric", **place, "properties": properties})
    return json.dumps({"widgets": widgets})


def _graphs_of_pods(config: PipelineConfig) -> list[dict[str, Any]]:
    """Return the graphs of Container Insights."""
    return [
        _graph(
            config, "CPU of pods, % of their limit", [_pods(config, "pod_cpu_utilization_over_pod_limit", "Average")]
        ),
        _graph(
            config,
            "Memory of pods, % of their limit",
            [_pods(config, "pod_memory_utilization_over_pod_limit", "Average")],
        ),
        _graph(
            config,
            "Network of pods, bytes/s",
            [_pods(config, "pod_network_rx_bytes", "Average"), _pods(config, "pod_network_tx_bytes", "Average", "e2")],
        ),
        _graph(
            config,
            # cAdvisor counts no restarts. The start time of a pod's container moves with each one.
            "Restarts: each step up is one, as high as the age of the container, s",
            [_restarts(config)],
        ),
        _graph(
            config,
            "Fargate: vCPU (thousandths) and memory (bytes, right)",
            [_pods(config, "pod_cpu_limit", "Maximum"), _pods(config, "pod_memory_limit", "Maximum", "e2", right=True)],
        ),
    ]


def _graph(config: PipelineConfig, title: str, lines: list[list[Any]]) -> dict[str, Any]:
    return {"title": title, "region": config.region, "view": "timeSeries", "period": 60, "metrics": lines}


def _line(metric: Metric, label: str, statistic: str) -> list[Any]:
    dimensions = [part for pair in metric.dimensions.items() for part in pair]
    return [metric.namespace, metric.name, *dimensions, {"label": label, "stat": statistic}]


def _pods(
    config: PipelineConfig, metric: str, statistic: str, expression_id: str = "e1", *, right: bool = False
) -> list[Any]:
    axis = "right" if right else "left"
    return [{"id": expression_id, "expression": _search(config, metric, statistic), "yAxis": axis}]


def _restarts(config: PipelineConfig) -> list[Any]:
    search = _search(config, "pod_container_start_time_seconds", "Maximum")
    return [{"id": "e1", "expression": f"DIFF({search})"}]


def _search(config: PipelineConfig, metric: str, statistic: str) -> str:
    """Return a search over every pod of the pipeline: pods come and go, so none can be named."""
    schema = "{ContainerInsights,ClusterName,LaunchType,Namespace,PodName}"
    filters = f'ClusterName="{config.name}" Namespace="{config.name}" MetricName="{metric}"'
    return f"SEARCH('{schema} {filters}', '{statistic}', 60)"
