"""Steps and observations of a test on a running pipeline."""

import json
import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from services.contract.events import parse_notification
from services.contract.keys import UPLOAD_PREFIX
from services.contract.records import VideoRecord, VideoState
from services.local.pipeline import LocalPipeline

IMPATIENT = {"VISIBILITY_TIMEOUT_S": "12", "RECEIVE_WAIT_S": "1", "RETRY_DELAY_S": "0.5"}
"""Settings with short waits between tries. A worker on a busy machine still extends the visibility in time."""

PATIENCE_S = 120.0
"""Time limit of every wait: far above what a busy machine needs, and below pytest's own limit."""

T = TypeVar("T")


def eventually(look: Callable[[], T | None], what: str) -> T:
    """Call `look` until its result is true, and return it."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {PATIENCE_S:.0f} s")


class Driver:
    """Pipeline with the steps that the tests need."""

    def __init__(self, pipeline: LocalPipeline) -> None:
        self.pipeline = pipeline
        self.s3 = pipeline.clients.s3
        self.sqs = pipeline.clients.sqs
        self.endpoints = pipeline.endpoints
        self.videos = pipeline.videos

    def upload(self, name: str, file: Path) -> str:
        """Upload a file and return its key."""
        key = UPLOAD_PREFIX + name
        self.s3.upload_file(str(file), self.endpoints.bucket, key)
        return key

    def ended(self, key: str) -> VideoRecord:
        def look() -> VideoRecord | None:
            record = self.videos.get(key)
            return record if record and record.state is not VideoState.PROCESSING else None

        return eventually(look, f"the end of {key}")

    def started(self, key: str) -> VideoRecord:
        return eventually(lambda: self.videos.get(key), f"the start of {key}")

    def thumbnail(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=self.endpoints.bucket, Key=key)["Body"].read()

    def keys(self, prefix: str) -> list[str]:
        return [info.key for info in self.pipeline.bucket.list(prefix)]

    def dead_letter(self, key: str) -> Mapping[str, str]:
        """Wait for the dead letter of an upload, delete it and return its attributes."""
        return eventually(lambda: self._dead_letter(key), f"the dead letter of {key}")

    def _dead_letter(self, key: str) -> Mapping[str, str] | None:
        url = self.endpoints.dead_letter_queue_url
        answer = self.sqs.receive_message(
            QueueUrl=url, MessageAttributeNames=["All"], MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        for message in answer.get("Messages", []):
            if parse_notification(message["Body"])[0].key == key:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                return {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
        return None

    def waiting_keys(self) -> set[str]:
        """Return the keys in some messages of the queue, which come back to it after five seconds.

        There are none while the queue is missing: after a kill of the embedded AWS, the pipeline makes it again.
        """
        try:
            answer = self.sqs.receive_message(
                QueueUrl=self.endpoints.queue_url, MaxNumberOfMessages=10, VisibilityTimeout=5, WaitTimeSeconds=0
            )
        except self.sqs.exceptions.QueueDoesNotExist:
            return set()
        return {event.key for message in answer.get("Messages", []) for event in parse_notification(message["Body"])}

    def depth(self, url: str) -> int:
        """Return the number of messages in a queue, visible or not."""
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(attributes[name]) for name in names)

    def await_empty_queue(self) -> None:
        eventually(lambda: self.depth(self.endpoints.queue_url) == 0, "an empty queue")

    def worker_pids(self) -> list[int]:
        assert self.pipeline.workers
        return [pid for name, pid in self.pipeline.workers.pids().items() if name.startswith("worker")]

    def signal_workers(self, number: signal.Signals) -> None:
        for pid in self.worker_pids():
            os.kill(pid, number)

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Return the workers' log entries of an event."""
        texts = [log.read_text() for log in (self.pipeline.data / "logs").iterdir()]
        # A line without an end is being written.
        lines = [line for text in texts for line in text.split("\n")[:-1]]
        entries = [json.loads(line) for line in lines if line.startswith("{")]
        return [entry for entry in entries if entry["event"] == event]
