"""Dead letters in this thread: what a list shows, and which letters a redrive sends, keeps or gives back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from services.api.actions import dead_letters
from services.api.actions.dead_letters import DeadLetterStore, Letter
from services.api.schema.action_models import RedriveRequest
from services.aws.errors import ServiceError
from services.aws.queue import DeadLetterQueue, Message
from services.contract.events import UploadEvent, make_notification_body, parse_notification
from services.contract.records import ReasonCode
from services.contract.resources import pipeline_resources
from tests.model.place import simulated_place
from tests.support.place import Place

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def place() -> Iterator[Place]:
    """Queues whose messages come in an order and are counted exactly."""
    with simulated_place(pipeline_resources("letters")) as simulated:
        yield simulated


def put(place: Place, name: str, code: str = "damaged", attempts: int = 2) -> None:
    key = f"uploads/{name}.mp4"
    event = UploadEvent(name="ObjectCreated:Put", time=START, bucket="videos", key=key, etag="etag")
    place.dead_letters.put(
        make_notification_body(event), reason_code=code, reason=f"{name} is {code}.", attempts=attempts
    )


def store_of(place: Place) -> DeadLetterStore:
    return DeadLetterStore(place.queue, place.dead_letters)


def names_in(place: Place) -> list[str]:
    """Return the names of the letters that can be received now."""
    found = place.dead_letters.receive(10, wait_s=0, visibility_timeout_s=0)
    return sorted(event.key[8:-4] for message in found for event in parse_notification(message.body))


def sent_in(place: Place) -> list[UploadEvent]:
    messages = place.queue.receive(10, wait_s=0, visibility_timeout_s=0)
    return [event for message in messages for event in parse_notification(message.body)]


def sent_at(times: dict[str, datetime]) -> Any:
    """Patch the times at which letters were sent."""
    parse = dead_letters._parse_letter  # noqa: SLF001 - the time is SQS's own

    def parse_at(message: Message) -> Letter:
        letter = parse(message)
        object.__setattr__(message, "sent_at", times[letter.key[8:-4]])
        return letter

    return patch.object(dead_letters, "_parse_letter", parse_at)


def test_a_list_has_the_newest_letter_first_and_groups_by_reason(place: Place) -> None:
    for name, code in (("a", "damaged"), ("b", "damaged"), ("c", "encrypted")):
        put(place, name, code)
    times = {"a": START, "b": START + timedelta(hours=2), "c": START + timedelta(hours=1)}

    with sent_at(times):
        listed = store_of(place).list_letters()

    assert [(one.key, one.reason, one.reason_code, one.attempts, one.at) for one in listed.items] == [
        (f"uploads/{name}.mp4", f"{name} is {code}.", code, 2, times[name])
        for name, code in (("b", "damaged"), ("c", "encrypted"), ("a", "damaged"))
    ]
    assert len({one.id for one in listed.items}) == 3
    assert [(one.reason_code, one.count, one.example) for one in listed.groups] == [
        ("damaged", 2, "b is damaged."),
        ("encrypted", 1, "c is encrypted."),
    ]
    assert (listed.total, listed.is_complete) == (3, True)
    assert names_in(place) == ["a", "b", "c"]


@pytest.mark.parametrize(("most", "shown", "is_complete"), [(12, 12, True), (11, 11, False)])
def test_a_list_ends_at_its_maximum(place: Place, most: int, shown: int, *, is_complete: bool) -> None:
    for number in range(12):
        put(place, str(number))

    with patch.object(dead_letters, "MAX_LISTED", most):
        listed = store_of(place).list_letters()

    assert (len(listed.items), listed.total, listed.is_complete) == (shown, 12, is_complete)


def test_a_list_of_the_last_two_seconds_is_returned_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [100.0]
    monkeypatch.setattr("services.api.actions.dead_letters.time.monotonic", lambda: now_s[0])
    own = store_of(place)
    assert own.list_letters().total == 0
    put(place, "a")
    totals = []
    for now_s[0] in (101.9, 102.0):
        totals.append(own.list_letters().total)

    assert totals == [0, 1]


@pytest.mark.parametrize("action", ["redrive", "discard"])
def test_a_list_after_an_action_is_read_again(place: Place, action: str) -> None:
    put(place, "a")
    own = store_of(place)
    assert own.list_letters().total == 1

    if action == "redrive":
        own.redrive(RedriveRequest())
    else:
        own.discard(lambda _: True)

    assert own.list_letters().total == 0


@pytest.mark.parametrize(
    ("attributes", "code", "reason", "attempts"),
    [
        ({}, "crashed", "It was received repeatedly, and no worker finished it.", None),
        ({"reason_code": "of a later version", "reason": "It is new."}, "internal", "It is new.", None),
        ({"reason_code": "damaged", "reason": "It is damaged.", "attempts": "3"}, "damaged", "It is damaged.", 3),
        ({"attempts": "many"}, "crashed", "It was received repeatedly, and no worker finished it.", None),
    ],
)
def test_a_letter_without_attributes_gets_a_default_reason(
    place: Place, attributes: dict[str, str], code: str, reason: str, attempts: int | None
) -> None:
    place.clients.sqs.send_message(
        QueueUrl=place.queues.dead_letter_url,
        MessageBody="no notification",
        MessageAttributes={name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()},
    )

    (letter,) = store_of(place).receive_all()

    assert (letter.key, letter.events, letter.reason_code, letter.reason, letter.attempts) == (
        "",
        [],
        code,
        reason,
        attempts,
    )


@pytest.mark.parametrize(
    ("request_", "redriven"),
    [
        (RedriveRequest(), ["a", "b", "c"]),
        (RedriveRequest(reason_code=ReasonCode.DAMAGED), ["a", "b"]),
        (RedriveRequest(keys=["uploads/b.mp4", "uploads/c.mp4"]), ["b", "c"]),
        (RedriveRequest(keys=["uploads/b.mp4", "uploads/c.mp4"], reason_code=ReasonCode.DAMAGED), ["b"]),
    ],
)
def test_a_redrive_sends_the_chosen_letters_only(place: Place, request_: RedriveRequest, redriven: list[str]) -> None:
    for name, code in (("a", "damaged"), ("b", "damaged"), ("c", "encrypted")):
        put(place, name, code)

    sent = store_of(place).redrive(request_)

    keys = [f"uploads/{name}.mp4" for name in redriven]
    assert (sent.count, sorted(sent.keys), sent.remaining) == (len(keys), keys, 3 - len(keys))
    assert sorted(event.key for event in sent_in(place)) == keys
    assert all(event.is_retry for event in sent_in(place))
    assert names_in(place) == sorted({"a", "b", "c"} - set(redriven))


def test_a_redrive_ends_at_its_limit_and_gives_the_others_back(place: Place) -> None:
    for number in range(25):
        put(place, f"{number:02}")

    sent = store_of(place).redrive(RedriveRequest(limit=12))

    assert (sent.count, sent.remaining, place.queue.depth().visible) == (12, 13, 12)
    depth = place.dead_letters.depth()
    assert (depth.visible, depth.in_flight) == (13, 0)


def test_a_redrive_hides_its_letters_for_half_a_minute(place: Place) -> None:
    put(place, "a")
    asked: list[int] = []
    receive, extend = DeadLetterQueue.receive, DeadLetterQueue.extend

    def note_receive(queue: DeadLetterQueue, count: int, *, wait_s: int, visibility_timeout_s: int) -> list[Message]:
        assert (count, wait_s) == (10, 0)
        asked.append(visibility_timeout_s)
        return receive(queue, count, wait_s=wait_s, visibility_timeout_s=visibility_timeout_s)

    def note_extend(queue: DeadLetterQueue, messages: list[Message], *, visibility_timeout_s: int) -> list[Message]:
        asked.append(visibility_timeout_s)
        return extend(queue, messages, visibility_timeout_s=visibility_timeout_s)

    with patch.object(DeadLetterQueue, "receive", note_receive), patch.object(DeadLetterQueue, "extend", note_extend):
        store_of(place).redrive(RedriveRequest())
        hidden, asked[:] = list(asked), []
        store_of(place).receive_all()

    # Two empty answers end the receiving.
    assert (hidden, asked) == ([30, 30, 30, 30], [10, 10])


def test_a_letter_that_another_received_is_not_sent(place: Place) -> None:
    for name in ("a", "b"):
        put(place, name)
    extend = DeadLetterQueue.extend

    def refuse_first(queue: DeadLetterQueue, messages: list[Message], *, visibility_timeout_s: int) -> list[Message]:
        if visibility_timeout_s:
            return messages[:1]
        return extend(queue, messages, visibility_timeout_s=visibility_timeout_s)

    with patch.object(DeadLetterQueue, "extend", refuse_first):
        sent = store_of(place).redrive(RedriveRequest())

    assert (sent.count, len(sent_in(place)), sent.remaining) == (1, 1, 1)


def test_letters_that_were_all_received_by_others_are_not_sent(place: Place) -> None:
    for number in range(11):
        put(place, f"{number:02}")
    batches = iter([True, False])

    def refuse_first_batch(_: DeadLetterQueue, messages: list[Message], *, visibility_timeout_s: int) -> list[Message]:
        return messages if visibility_timeout_s and next(batches) else []

    with patch.object(DeadLetterQueue, "extend", refuse_first_batch):
        assert store_of(place).redrive(RedriveRequest()).count == 1

    assert place.queue.depth().visible == 1


def test_letters_are_given_back_if_receiving_them_fails(place: Place) -> None:
    for number in range(12):
        put(place, f"{number:02}")
    receive = DeadLetterQueue.receive
    answers = iter([True, False])

    def fail_second(queue: DeadLetterQueue, count: int, *, wait_s: int, visibility_timeout_s: int) -> list[Message]:
        if not next(answers):
            raise ServiceError("it does not answer")
        return receive(queue, count, wait_s=wait_s, visibility_timeout_s=visibility_timeout_s)

    with (
        patch.object(DeadLetterQueue, "receive", fail_second),
        pytest.raises(ServiceError, match="does not answer"),
    ):
        store_of(place).redrive(RedriveRequest())

    assert place.dead_letters.depth().visible == 12


def test_a_discard_deletes_what_is_meant_and_counts_it(place: Place) -> None:
    for number in range(13):
        put(place, f"{number:02}", "damaged" if number % 2 else "encrypted")

    discarded = store_of(place).discard(lambda letter: letter.reason_code is ReasonCode.DAMAGED)

    depth = place.dead_letters.depth()
    assert (discarded, depth.visible, depth.in_flight) == (6, 7, 0)


def test_a_discard_that_fails_gives_the_others_back(place: Place) -> None:
    put(place, "a")
    put(place, "b")

    def refuse(*_: object) -> None:
        raise ServiceError("it does not answer")

    with patch.object(DeadLetterQueue, "delete_all", refuse), pytest.raises(ServiceError):
        store_of(place).discard(lambda letter: letter.key == "uploads/a.mp4")

    assert names_in(place) == ["b"]


def test_all_letters_are_received_and_given_back(place: Place) -> None:
    for number in range(23):
        put(place, f"{number:02}")

    letters = store_of(place).receive_all()

    depth = place.dead_letters.depth()
    assert (len({letter.key for letter in letters}), depth.visible, depth.in_flight) == (23, 23, 0)
