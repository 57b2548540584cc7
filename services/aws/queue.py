"""The queue that S3 notifies, and the dead-letter queue behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from services.aws.errors import ServiceError, translate_errors
from services.tracing import current_traceparent

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

MAX_BATCH = 10
"""Maximum number of messages in one call to SQS."""

_MAX_VISIBILITY_S = 43_200
_VISIBLE = "ApproximateNumberOfMessages"
_IN_FLIGHT = "ApproximateNumberOfMessagesNotVisible"
_DELAYED = "ApproximateNumberOfMessagesDelayed"
_RETENTION = "MessageRetentionPeriod"


@dataclass(frozen=True)
class Message:
    id: str
    receipt: str
    body: str
    receive_count: int
    sent_at: datetime
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Depth:
    """Approximate numbers of messages in a queue: visible, received but not deleted, and delayed."""

    visible: int
    in_flight: int
    delayed: int
    retention_s: int
    """Seconds after which SQS deletes a message that nobody has deleted; the time of its sending counts."""


class MessageQueue:
    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs = sqs
        self._url = url

    def receive(self, count: int, *, wait_s: int, visibility_timeout_s: int) -> list[Message]:
        """Return up to `count` messages (at most 10), after a long poll of up to `wait_s`. Raises: ServiceError."""
        with translate_errors("receive from the queue"):
            answer = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(count, MAX_BATCH),
                WaitTimeSeconds=wait_s,
                VisibilityTimeout=visibility_timeout_s,
                MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
                MessageAttributeNames=["All"],
            )
        return [
            Message(
                id=message["MessageId"],
                receipt=message["ReceiptHandle"],
                body=message["Body"],
                receive_count=int(message["Attributes"]["ApproximateReceiveCount"]),
                sent_at=datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC),
                attributes={
                    name: value["StringValue"]
                    for name, value in message.get("MessageAttributes", {}).items()
                    if "StringValue" in value
                },
            )
            for message in answer.get("Messages", [])
        ]

    def extend(self, messages: Sequence[Message], *, visibility_timeout_s: int) -> list[Message]:
        """Hide messages for that time from now on; return those that SQS refused, usually because others received them.

        Raises: ServiceError.
        """
        refused = []
        for start in range(0, len(messages), MAX_BATCH):
            batch = messages[start : start + MAX_BATCH]
            with translate_errors("extend visibility"):
                answer = self._sqs.change_message_visibility_batch(
                    QueueUrl=self._url,
                    Entries=[
                        {"Id": str(index), "ReceiptHandle": message.receipt, "VisibilityTimeout": visibility_timeout_s}
                        for index, message in enumerate(batch)
                    ],
                )
            refused += [batch[int(failure["Id"])] for failure in answer.get("Failed", [])]
        return refused

    def hand_back(self, message: Message, *, delay_s: float = 0) -> None:
        """Make the message visible to all workers again after `delay_s`. Raises: ServiceError."""
        delay = min(round(delay_s), _MAX_VISIBILITY_S)
        with translate_errors("hand a message back"):
            self._sqs.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=message.receipt, VisibilityTimeout=delay
            )

    def delete(self, message: Message) -> None:
        """Delete one message. Raises: ServiceError."""
        with translate_errors("delete a message"):
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message.receipt)

    def delete_all(self, messages: Sequence[Message]) -> None:
        """Delete at most ten messages. Raises: ServiceError, also if SQS refuses one of them."""
        entries: Any = [{"Id": str(number), "ReceiptHandle": one.receipt} for number, one in enumerate(messages)]
        with translate_errors("delete messages"):
            answer = self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
        _check_batch(answer, "delete messages")

    def send(self, bodies: Sequence[str]) -> None:
        """Send at most ten messages, with the trace context of the caller if there is one.

        Raises: ServiceError, also if SQS refuses one of them.
        """
        parent = current_traceparent()
        traced = {"MessageAttributes": {"traceparent": {"DataType": "String", "StringValue": parent}}} if parent else {}
        entries: Any = [{"Id": str(number), "MessageBody": body, **traced} for number, body in enumerate(bodies)]
        with translate_errors("send messages"):
            answer = self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries)
        _check_batch(answer, "send messages")

    def depth(self) -> Depth:
        """Return the approximate numbers of messages. Raises: ServiceError."""
        names: Any = [_VISIBLE, _IN_FLIGHT, _DELAYED, _RETENTION]
        with translate_errors("ask for the depth of the queue"):
            answer = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)
        count: Mapping[Any, str] = answer["Attributes"]
        return Depth(int(count[_VISIBLE]), int(count[_IN_FLIGHT]), int(count[_DELAYED]), int(count[_RETENTION]))


class DeadLetterQueue(MessageQueue):
    def put(self, body: str, *, reason_code: str, reason: str, attempts: int) -> None:
        """Send a message that could not be processed, with the reason as message attributes. Raises: ServiceError."""
        with translate_errors("send to the dead-letter queue"):
            self._sqs.send_message(
                QueueUrl=self._url,
                MessageBody=body,
                MessageAttributes={
                    "reason_code": {"DataType": "String", "StringValue": reason_code},
                    "reason": {"DataType": "String", "StringValue": reason},
                    "attempts": {"DataType": "Number", "StringValue": str(attempts)},
                },
            )


def _check_batch(answer: Any, action: str) -> None:
    if failed := answer.get("Failed"):
        raise ServiceError(f"{action}: {len(failed)} refused, {failed[0].get('Code')}")
