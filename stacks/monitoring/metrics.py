"""The CloudWatch metrics of an instance, as alarms and dashboard name them."""

from dataclasses import dataclass, field

from stacks.naming import Names


@dataclass(frozen=True)
class Metric:
    namespace: str
    name: str
    dimensions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class WorkerEvent:
    """An event in the worker's log that a metric filter counts."""

    name: str
    metric: Metric


@dataclass(frozen=True)
class PipelineMetrics:
    names: Names
    load_balancer: str
    """The dimension: the end of its ARN, `app/<name>/<id>`."""

    @property
    def videos_failed(self) -> WorkerEvent:
        return WorkerEvent("video_failed", Metric(self._own, "VideosFailed"))

    @property
    def videos_done(self) -> WorkerEvent:
        return WorkerEvent("video_done", Metric(self._own, "VideosDone"))

    def queue(self, name: str) -> Metric:
        """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html"""
        return Metric("AWS/SQS", name, {"QueueName": self.names.resources.queue.name})

    def dead_letters(self, name: str) -> Metric:
        return Metric("AWS/SQS", name, {"QueueName": self.names.resources.dead_letter_queue.name})

    def balancer(self, name: str) -> Metric:
        """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html"""
        return Metric("AWS/ApplicationELB", name, {"LoadBalancer": self.load_balancer})

    @property
    def _own(self) -> str:
        return f"ThumbnailPipeline/{self.names.config.name}"
