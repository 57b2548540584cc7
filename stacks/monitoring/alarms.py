"""The alarms: what is watched, and from when on somebody is woken. Pure."""

from dataclasses import dataclass
from typing import Literal

from stacks.config.model import PipelineConfig
from stacks.monitoring.metrics import Metric, PipelineMetrics

VISIBLE = "ApproximateNumberOfMessagesVisible"
OLDEST = "ApproximateAgeOfOldestMessage"


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """Raised when `statistic` over `period_s` breaks `threshold` in `periods` periods one after another."""

    name: str
    """Without the instance's name before it."""
    description: str
    metric: Metric
    statistic: Literal["Average", "Maximum", "Sum"]
    threshold: float
    period_s: int = 60
    periods: int = 1
    comparison: Literal["GreaterThanThreshold", "GreaterThanOrEqualToThreshold"] = "GreaterThanThreshold"


def list_alarms(config: PipelineConfig, metrics: PipelineMetrics) -> tuple[Alarm, ...]:
    limits = config.alarms
    return (
        Alarm(
            name="dlq-not-empty",
            description="Videos could not be processed: the dashboard's failures say which and why.",
            metric=metrics.dead_letters(VISIBLE),
            statistic="Maximum",
            threshold=0,
        ),
        Alarm(
            # SQS counts the age from the move on, so that this one says again what the first has said, minutes later.
            name="dlq-message-age",
            description=f"Failed videos have waited for more than {limits.dead_letter_age_s} s for somebody to look.",
            metric=metrics.dead_letters(OLDEST),
            statistic="Maximum",
            threshold=limits.dead_letter_age_s,
        ),
        Alarm(
            name="queue-message-age",
            description=f"A video has waited for more than {limits.queue_age_s} s: no workers, or too few.",
            metric=metrics.queue(OLDEST),
            statistic="Maximum",
            threshold=limits.queue_age_s,
        ),
        Alarm(
            name="worker-errors",
            description=f"{limits.worker_errors} or more videos failed within 5 minutes.",
            metric=metrics.videos_failed.metric,
            statistic="Sum",
            threshold=limits.worker_errors,
            period_s=300,
            comparison="GreaterThanOrEqualToThreshold",
        ),
        Alarm(
            name="elb-5xx-errors",
            description="The load balancer itself answers with errors: it reaches no healthy pod.",
            metric=metrics.balancer("HTTPCode_ELB_5XX_Count"),
            statistic="Sum",
            threshold=0,
        ),
        Alarm(
            name="target-5xx-errors",
            description="Pods of api or frontend answer with errors.",
            metric=metrics.balancer("HTTPCode_Target_5XX_Count"),
            statistic="Sum",
            threshold=0,
        ),
        Alarm(
            name="target-response-time",
            description=f"Requests take more than {limits.response_time_s:g} s on average, for two minutes.",
            metric=metrics.balancer("TargetResponseTime"),
            statistic="Average",
            threshold=limits.response_time_s,
            periods=2,
        ),
        Alarm(
            # It counts both sides of the load balancer, so that a WebSocket is about two.
            name="active-connection-count",
            description=f"More than {limits.connections} connections in a minute: unusual traffic.",
            metric=metrics.balancer("ActiveConnectionCount"),
            statistic="Sum",
            threshold=limits.connections,
        ),
    )
