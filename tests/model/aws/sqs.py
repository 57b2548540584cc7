"""SQS: standard queues with their true semantics, which are at least once, in no order, and approximately counted."""

from dataclasses import dataclass
from typing import Any

from tests.model.aws.calls import Boundary, client_error
from tests.model.simulation import CURRENT

_AGAIN = 6
"""Of 256: a message in flight is delivered once more."""

_PASSED_OVER = 24
"""Of 256: a receive misses a visible message, as it asks only some of SQS's servers."""

_UNDELETED = 4
"""Of 256: a server that did not hear of a deletion delivers the message once more."""


@dataclass(eq=False, slots=True)
class SimulatedMessage:
    id: str
    body: str
    attributes: dict[str, Any]
    sent_at: float
    visible_at: float
    receives: int = 0
    receipt: str = ""
    """Newest receipt handle."""


class SimulatedQueue:
    def __init__(
        self, url: str, *, visibility_s: float = 360.0, most_receives: int | None = None, dead: str | None = None
    ) -> None:
        self.url = url
        self.visibility_s = visibility_s
        self.most_receives = most_receives
        self.dead_letter_url = dead
        self.messages: list[SimulatedMessage] = []
        self.receipts: dict[str, SimulatedMessage] = {}
        self.waiting: list[Any] = []
        self.deliveries = 0
        self.moved = 0
        """Messages that SQS itself moved to the dead-letter queue."""


class SimulatedSqs:
    """The client, with the methods that the services call."""

    def __init__(self, boundary: Boundary, queues: list[SimulatedQueue], clock_ahead_s: float = 0.0) -> None:
        self._boundary = boundary
        self.queues = {queue.url: queue for queue in queues}
        self._clock_ahead_s = clock_ahead_s
        self._numbers = iter(range(1, 1_000_000))

    def put(self, url: str, body: str, attributes: dict[str, Any] | None = None, *, delay_s: float = 0) -> str:
        """Add a message."""
        now = self._boundary.now
        message = SimulatedMessage(
            f"message-{next(self._numbers)}", body, attributes or {}, now + self._clock_ahead_s, now + delay_s
        )
        self._add(self.queues[url], message)
        return message.id

    def _add(self, queue: SimulatedQueue, message: SimulatedMessage) -> None:
        queue.messages.append(message)
        self._wake_later(queue, message.visible_at)

    def _wake_later(self, queue: SimulatedQueue, when: float) -> None:
        simulation = CURRENT.simulation
        if simulation is None:
            return
        if when <= simulation.now:
            self._wake(queue)
        else:
            simulation.at(when, lambda: self._wake(queue))

    def _wake(self, queue: SimulatedQueue) -> None:
        waiting, queue.waiting = queue.waiting, []
        for task in waiting:
            CURRENT.simulation.notify(task, queue)

    def send_message(
        self,
        *,
        QueueUrl: str,  # noqa: N803 - boto3's names
        MessageBody: str,  # noqa: N803
        MessageAttributes: dict[str, Any] | None = None,  # noqa: N803
    ) -> dict[str, Any]:
        def send() -> dict[str, Any]:
            return {"MessageId": self.put(QueueUrl, MessageBody, MessageAttributes)}

        return self._boundary.call(f"SendMessage {QueueUrl}", send)

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's names
        def send() -> dict[str, Any]:
            failed = self._pick_failed(Entries)
            sent = [
                {
                    "Id": entry["Id"],
                    "MessageId": self.put(QueueUrl, entry["MessageBody"], entry.get("MessageAttributes")),
                }
                for entry in Entries
                if entry["Id"] not in failed
            ]
            return {"Successful": sent, **_list_failed(failed)}

        return self._boundary.call(f"SendMessageBatch {QueueUrl}", send)

    def receive_message(
        self,
        *,
        QueueUrl: str,  # noqa: N803 - boto3's names
        MaxNumberOfMessages: int = 1,  # noqa: N803
        WaitTimeSeconds: float = 0,  # noqa: N803
        VisibilityTimeout: float | None = None,  # noqa: N803
        **_: object,
    ) -> dict[str, Any]:
        queue = self.queues[QueueUrl]
        hidden_s = queue.visibility_s if VisibilityTimeout is None else VisibilityTimeout

        def receive() -> dict[str, Any]:
            found = self._take(queue, MaxNumberOfMessages, hidden_s)
            simulation = CURRENT.simulation
            if simulation is not None and simulation.current is not None and WaitTimeSeconds:
                until = simulation.now + WaitTimeSeconds
                while not found and simulation.now < until:
                    queue.waiting.append(simulation.current)
                    simulation.wait(queue, until - simulation.now)
                    found = self._take(queue, MaxNumberOfMessages, hidden_s)
            return {"Messages": [_show(message) for message in found]} if found else {}

        return self._boundary.call(f"ReceiveMessage {QueueUrl}", receive)

    def _take(self, queue: SimulatedQueue, most: int, hidden_s: float) -> list[SimulatedMessage]:
        now, boundary = self._boundary.now, self._boundary
        candidates = [
            message
            for message in queue.messages
            if (message.visible_at <= now and not boundary.happens(_PASSED_OVER))
            or (message.visible_at > now and message.receives and boundary.happens(_AGAIN))
        ]
        taken: list[SimulatedMessage] = []
        while candidates and len(taken) < most:
            message = candidates.pop(boundary.below(len(candidates)) if len(candidates) > 1 else 0)
            if queue.most_receives is not None and message.receives >= queue.most_receives:
                self._move(queue, message)
                continue
            message.receives += 1
            queue.deliveries += 1
            message.receipt = f"{message.id}#{message.receives}"
            message.visible_at = now + hidden_s
            queue.receipts[message.receipt] = message
            self._wake_later(queue, message.visible_at)
            taken.append(message)
        if not taken:
            # What was passed over is still there for the next one who asks.
            self._wake_if_visible(queue)
        return taken

    def _wake_if_visible(self, queue: SimulatedQueue) -> None:
        now = self._boundary.now
        if queue.messages and any(message.visible_at <= now for message in queue.messages):
            self._wake_later(queue, now + 0.5)

    def _move(self, queue: SimulatedQueue, message: SimulatedMessage) -> None:
        queue.messages.remove(message)
        queue.moved += 1
        if queue.dead_letter_url:
            moved = SimulatedMessage(
                message.id, message.body, message.attributes, message.sent_at, self._boundary.now, message.receives
            )
            self._add(self.queues[queue.dead_letter_url], moved)

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        queue = self.queues[QueueUrl]

        def delete() -> dict[str, Any]:
            self._delete(queue, ReceiptHandle)
            return {}

        return self._boundary.call(f"DeleteMessage {ReceiptHandle}", delete)

    def delete_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's names
        queue = self.queues[QueueUrl]

        def delete() -> dict[str, Any]:
            failed = self._pick_failed(Entries)
            for entry in Entries:
                if entry["Id"] not in failed:
                    self._delete(queue, entry["ReceiptHandle"])
            return {"Successful": [], **_list_failed(failed)}

        return self._boundary.call(f"DeleteMessageBatch {QueueUrl}", delete)

    def _delete(self, queue: SimulatedQueue, receipt: str) -> None:
        message = queue.receipts.get(receipt)
        if message is None:
            raise client_error("DeleteMessage", "ReceiptHandleIsInvalid")
        if message not in queue.messages:
            return
        # "If you use an old receipt handle, the request succeeds, but the message might not be deleted."
        if message.receipt != receipt and self._boundary.below(2):
            return
        if self._boundary.happens(_UNDELETED):
            return
        queue.messages.remove(message)

    def change_message_visibility(
        self,
        *,
        QueueUrl: str,  # noqa: N803 - boto3's names
        ReceiptHandle: str,  # noqa: N803
        VisibilityTimeout: int,  # noqa: N803
    ) -> dict[str, Any]:
        queue = self.queues[QueueUrl]

        def change() -> dict[str, Any]:
            if not self._change(queue, ReceiptHandle, VisibilityTimeout):
                raise client_error("ChangeMessageVisibility", "MessageNotInflight")
            return {}

        return self._boundary.call(f"ChangeMessageVisibility {ReceiptHandle} {VisibilityTimeout}", change)

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's names
        queue = self.queues[QueueUrl]

        def change() -> dict[str, Any]:
            failed = self._pick_failed(Entries)
            for entry in Entries:
                if entry["Id"] not in failed and not self._change(
                    queue, entry["ReceiptHandle"], entry["VisibilityTimeout"]
                ):
                    failed.add(entry["Id"])
            return {"Successful": [], **_list_failed(failed)}

        return self._boundary.call(f"ChangeMessageVisibilityBatch {QueueUrl}", change)

    def _change(self, queue: SimulatedQueue, receipt: str, hidden_s: float) -> bool:
        message = queue.receipts.get(receipt)
        now = self._boundary.now
        if message is None or message not in queue.messages or message.visible_at <= now:
            return False
        if message.receipt != receipt and not self._boundary.below(2):
            return False
        message.visible_at = now + hidden_s
        self._wake_later(queue, message.visible_at)
        return True

    def purge_queue(self, *, QueueUrl: str) -> None:  # noqa: N803 - boto3's names
        self.queues[QueueUrl].messages.clear()

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: object) -> dict[str, Any]:  # noqa: N803, ARG002 - boto3's names
        queue = self.queues[QueueUrl]

        def count() -> dict[str, Any]:
            now = self._boundary.now
            visible = sum(message.visible_at <= now for message in queue.messages)
            delayed = sum(message.visible_at > now and not message.receives for message in queue.messages)
            return {
                "Attributes": {
                    "ApproximateNumberOfMessages": str(visible),
                    "ApproximateNumberOfMessagesNotVisible": str(len(queue.messages) - visible - delayed),
                    "ApproximateNumberOfMessagesDelayed": str(delayed),
                    "MessageRetentionPeriod": "345600",
                }
            }

        return self._boundary.call(f"GetQueueAttributes {QueueUrl}", count)

    def _pick_failed(self, entries: list[dict[str, Any]]) -> set[str]:
        """Return the entries that SQS refuses, although it answers the request."""
        if not self._boundary.faults.of_256:
            return set()
        return {entry["Id"] for entry in entries if self._boundary.happens(self._boundary.faults.of_256 // 3)}


def _list_failed(failed: set[str]) -> dict[str, Any]:
    # botocore leaves out an empty list.
    return {"Failed": [{"Id": name, "Code": "InternalError"} for name in sorted(failed)]} if failed else {}


def _show(message: SimulatedMessage) -> dict[str, Any]:
    return {
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "Body": message.body,
        "Attributes": {
            "ApproximateReceiveCount": str(message.receives),
            "SentTimestamp": str(int(message.sent_at * 1000)),
        },
        "MessageAttributes": message.attributes,
    }
