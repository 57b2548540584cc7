"""Queues among the targets of the event bus, and the event about the rehearsed video that each of them gets."""

import json
from typing import TYPE_CHECKING

from stacks.config.model import PipelineConfig

if TYPE_CHECKING:
    from boto3 import Session

TYPE = "video.done"


def list_target_queues(config: PipelineConfig) -> list[str]:
    """Return the names of the queues that the rules of the bus send to."""
    return [arn.rpartition(":")[2] for arn in config.events.targets.values() if arn.split(":")[2] == "sqs"]


class TargetQueues:
    """The queues among the targets, and those that have got the event so far."""

    def __init__(self, session: "Session", config: PipelineConfig, key: str) -> None:
        """Set the key of the video whose end is expected."""
        self._sqs = session.client("sqs")
        self.expected = list_target_queues(config)
        self._missing = list(self.expected)
        self._key = key
        self.received: list[str] = []

    def receive(self) -> bool:
        """Read the queues that lack the event; return True once all have got it."""
        for queue in [name for name in self._missing if self._has_event(name)]:
            self._missing.remove(queue)
            self.received.append(f"the bus has sent {TYPE} of {self._key} to the queue {queue}")
        return not self._missing

    def _has_event(self, queue: str) -> bool:
        url = self._sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        messages = self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        events = [json.loads(message["Body"]) for message in messages]
        return any(event.get("detail-type") == TYPE and event["detail"]["data"]["key"] == self._key for event in events)
