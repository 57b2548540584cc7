"""The monitoring stack: the alarms, their thresholds and their recipients."""

import inspect
import json
from typing import Any

import pytest

from services.contract.resources import pipeline_resources
from services.worker import loop
from tests.support.synthesis import MATRIX, MINIMAL, Config, Synthesized, as_list, statements, synthesize

RESOURCES = pipeline_resources("thumbnails")
QUEUE = {"QueueName": RESOURCES.queue.name}
DEAD_LETTERS = {"QueueName": RESOURCES.dead_letter_queue.name}
BALANCER = {"LoadBalancer": "${data.aws_lb.load-balancer.arn_suffix}"}

EXPECTED = {
    "dlq-not-empty": (DEAD_LETTERS, "ApproximateNumberOfMessagesVisible", "Maximum", ">", 0, 60, 1),
    "dlq-message-age": (DEAD_LETTERS, "ApproximateAgeOfOldestMessage", "Maximum", ">", 300, 60, 1),
    "elb-5xx-errors": (BALANCER, "HTTPCode_ELB_5XX_Count", "Sum", ">", 0, 60, 1),
    "target-5xx-errors": (BALANCER, "HTTPCode_Target_5XX_Count", "Sum", ">", 0, 60, 1),
    "target-response-time": (BALANCER, "TargetResponseTime", "Average", ">", 2, 60, 2),
    "active-connection-count": (BALANCER, "ActiveConnectionCount", "Sum", ">", 500, 60, 1),
    "queue-message-age": (QUEUE, "ApproximateAgeOfOldestMessage", "Maximum", ">", 900, 60, 1),
    "worker-errors": (None, "VideosFailed", "Sum", ">=", 5, 300, 1),
}
"""Dimensions, metric, statistic, comparison, threshold, seconds of a period, periods."""
COMPARISONS = {">": "GreaterThanThreshold", ">=": "GreaterThanOrEqualToThreshold"}


def alarms(stack: Synthesized) -> dict[str, dict[str, Any]]:
    return {alarm["alarm_name"]: alarm for alarm in stack.resources("aws_cloudwatch_metric_alarm").values()}


def widgets(stack: Synthesized) -> list[dict[str, Any]]:
    [dashboard] = stack.resources("aws_cloudwatch_dashboard").values()
    found: list[dict[str, Any]] = json.loads(dashboard["dashboard_body"])["widgets"]
    return found


def test_alarms_watch_what_the_description_says(monitoring: Synthesized) -> None:
    found = alarms(monitoring)
    assert set(found) == {f"thumbnails-{name}" for name in EXPECTED}
    for name, (dimensions, metric, statistic, comparison, threshold, period_s, periods) in EXPECTED.items():
        alarm = found[f"thumbnails-{name}"]
        assert alarm.get("dimensions") == dimensions, name
        assert (alarm["metric_name"], alarm["statistic"]) == (metric, statistic), name
        assert (alarm["comparison_operator"], alarm["threshold"]) == (COMPARISONS[comparison], threshold), name
        assert (alarm["period"], alarm["evaluation_periods"]) == (period_s, periods), name


@pytest.mark.parametrize("config", MATRIX.values(), ids=MATRIX)
def test_every_alarm_tells_somebody_and_silence_is_none(config: Config) -> None:
    monitoring = synthesize(config)["monitoring"]
    topic = ["${aws_sns_topic.topic.arn}"]
    for name, alarm in alarms(monitoring).items():
        assert alarm["alarm_actions"] == alarm["ok_actions"] == topic, name
        assert alarm["treat_missing_data"] == "notBreaching", name
        assert alarm["alarm_description"], name
    [subscription] = monitoring.resources("aws_sns_topic_subscription").values()
    assert (subscription["protocol"], subscription["endpoint"]) == ("email", config["alert_email"])
    assert subscription["topic_arn"] == topic[0]


def test_thresholds_come_from_the_config() -> None:
    limits = {
        "dead_letter_age_s": 600,
        "queue_age_s": 1200,
        "response_time_s": 0.5,
        "connections": 50,
        "worker_errors": 1,
    }
    found = alarms(synthesize({**MINIMAL, "alarms": limits})["monitoring"])
    assert found["thumbnails-dlq-message-age"]["threshold"] == 600
    assert found["thumbnails-queue-message-age"]["threshold"] == 1200
    assert found["thumbnails-target-response-time"]["threshold"] == 0.5
    assert found["thumbnails-active-connection-count"]["threshold"] == 50
    assert found["thumbnails-worker-errors"]["threshold"] == 1


def test_cloudwatch_may_use_the_topics_key(monitoring: Synthesized) -> None:
    """Check the topic's own key: with `alias/aws/sns` CloudWatch drops alarms silently."""
    [topic] = monitoring.resources("aws_sns_topic").values()
    assert topic["kms_master_key_id"] == "${aws_kms_key.topic-key.arn}"
    [key] = monitoring.resources("aws_kms_key").values()
    assert key["enable_key_rotation"]
    policy = monitoring.policies()["aws_kms_key.topic-key.policy"]
    [usage] = [one for one in statements(policy) if one["Principal"] == {"Service": "cloudwatch.amazonaws.com"}]
    assert set(usage["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey*"}
    assert "Condition" not in usage


def test_only_our_alarms_may_publish(monitoring: Synthesized) -> None:
    [statement] = statements(monitoring.policies()["aws_sns_topic_policy.topic-policy.policy"])
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert as_list(statement["Action"]) == ["sns:Publish"]
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:ap-southeast-2:123456789012:alarm:thumbnails-*"},
    }
    assert all(name.startswith("thumbnails-") for name in alarms(monitoring))


def test_worker_errors_are_counted_from_the_workers_log(synthesized: dict[str, Synthesized]) -> None:
    monitoring = synthesized["monitoring"]
    filters = {one["pattern"]: one for one in monitoring.resources("aws_cloudwatch_log_metric_filter").values()}
    assert set(filters) == {'{ $.event = "video_failed" }', '{ $.event = "video_done" }'}
    source = inspect.getsource(loop)
    for event in ("video_failed", "video_done"):
        assert f'"{event}"' in source, f"the worker writes no {event}"
    groups = {group["name"] for group in synthesized["core"].resources("aws_cloudwatch_log_group").values()}
    failed = filters['{ $.event = "video_failed" }']
    assert failed["log_group_name"] in groups
    alarm = alarms(monitoring)["thumbnails-worker-errors"]
    transformation = failed["metric_transformation"]
    assert (transformation["namespace"], transformation["name"]) == (alarm["namespace"], alarm["metric_name"])


@pytest.mark.parametrize("config", MATRIX.values(), ids=MATRIX)
def test_dashboard_shows_every_alarm_without_overlap(config: Config) -> None:
    monitoring = synthesize(config)["monitoring"]
    first, *graphs = widgets(monitoring)
    assert len(first["properties"]["alarms"]) == len(alarms(monitoring))
    taken: set[tuple[int, int]] = set()
    for widget in [first, *graphs]:
        cells = {
            (column, row)
            for column in range(widget["x"], widget["x"] + widget["width"])
            for row in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not cells & taken
        assert widget["x"] + widget["width"] <= 24
        taken |= cells
    assert {graph["properties"]["region"] for graph in graphs} == {config["region"]}


def test_the_dashboard_graphs_each_watched_metric(monitoring: Synthesized) -> None:
    text = json.dumps([widget["properties"] for widget in widgets(monitoring)])
    for name, alarm in alarms(monitoring).items():
        assert f'"{alarm["metric_name"]}"' in text, name
