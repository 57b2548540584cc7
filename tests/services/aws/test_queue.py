from typing import Any

from services.aws.queue import Message
from tests.support.place import Place


def send(place: Place, *bodies: str) -> None:
    for body in bodies:
        place.clients.sqs.send_message(QueueUrl=place.queues.url, MessageBody=body)


def receive(place: Place, count: int = 10, *, visibility_timeout_s: int = 30) -> list[Message]:
    """Return the messages that can be received now, without S3's test event."""
    messages = place.queue.receive(count, wait_s=0, visibility_timeout_s=visibility_timeout_s)
    return [message for message in messages if "s3:TestEvent" not in message.body]


def test_a_received_message_is_hidden_until_handed_back(place: Place) -> None:
    send(place, "a")
    (first,) = receive(place)
    assert receive(place) == []

    place.queue.hand_back(first)

    (second,) = receive(place)
    assert (second.id, second.body, second.receive_count) == (first.id, "a", 2)
    assert second.sent_at == first.sent_at


def test_a_deleted_message_does_not_come_again(place: Place) -> None:
    send(place, "a")
    (message,) = receive(place, visibility_timeout_s=0)

    place.queue.delete(message)

    assert receive(place) == []


def test_more_messages_than_a_batch_are_extended(place: Place) -> None:
    send(place, *(str(number) for number in range(12)))
    messages = receive(place) + receive(place)
    assert len(messages) == 12

    assert place.queue.extend(messages, visibility_timeout_s=60) == []
    assert receive(place) == []
    place.queue.extend(messages, visibility_timeout_s=0)
    assert len(receive(place) + receive(place)) == 12


def test_messages_that_are_gone_are_named_by_a_heartbeat(place: Place) -> None:
    send(place, "a", "b")
    gone, kept = receive(place)
    place.queue.delete(gone)

    assert place.queue.extend([gone, kept], visibility_timeout_s=60) == [gone]


def test_sqs_moves_unfinished_messages_to_the_dead_letters(place: Place) -> None:
    send(place, "a")
    for _ in range(place.resources.queue.max_receive_count or 0):
        (message,) = receive(place)
        place.queue.hand_back(message)

    assert receive(place) == []
    letters = place.clients.sqs.receive_message(QueueUrl=place.queues.dead_letter_url)["Messages"]
    assert [letter["Body"] for letter in letters] == ["a"]


def test_a_dead_letter_carries_its_reason(place: Place) -> None:
    place.dead_letters.put("body", reason_code="empty", reason="The file is empty.", attempts=2)

    names: Any = ["All"]
    answer = place.clients.sqs.receive_message(QueueUrl=place.queues.dead_letter_url, MessageAttributeNames=names)
    (letter,) = answer["Messages"]
    attributes = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert (letter["Body"], attributes) == (
        "body",
        {"reason_code": "empty", "reason": "The file is empty.", "attempts": "2"},
    )
