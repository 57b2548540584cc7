"""Dead letters: list, redrive or discard them.

SQS cannot list messages. They are received, which hides them for some seconds, and then made visible again. If the
process dies in between, SQS makes them visible itself.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.api.calls import DeadlineLock
from services.api.schema.action_models import DeadLetter, DeadLetterGroup, DeadLetters, RedriveRequest
from services.aws.errors import AwsError
from services.aws.queue import MAX_BATCH, DeadLetterQueue, Message, MessageQueue
from services.contract.events import MalformedNotificationError, UploadEvent, make_retry_body, parse_notification
from services.contract.records import ReasonCode

MAX_LISTED = 500
_MAX_EXAMINED = 2000
_HIDDEN_S = 10
_CHOSEN_HIDDEN_S = 30
"""Time for which a redrive hides letters: long enough to receive all of them before it sends the first."""

_EMPTY_ANSWERS = 2
_MAX_DIGITS = 9
"""Upper limit on the digits of an attempt count: Python refuses to convert more than 4,300."""
_FRESH_S = 2.0


@dataclass(frozen=True)
class Letter:
    message: Message
    events: Sequence[UploadEvent]
    reason_code: ReasonCode
    reason: str
    attempts: int | None
    """Attempts of the worker; None if SQS moved the message. The receive count is not it: listing increases that."""

    @property
    def key(self) -> str:
        """Return the key of the first upload; empty if the message is not a notification."""
        return self.events[0].key if self.events else ""

    @property
    def at(self) -> datetime:
        return self.message.sent_at


@dataclass(frozen=True)
class Sent:
    count: int
    keys: Sequence[str]
    remaining: int


class DeadLetterStore:
    """Dead letters of the pipeline. One operation at a time in this process, as two hide messages from each other."""

    def __init__(self, queue: MessageQueue, dead_letters: DeadLetterQueue) -> None:
        self._queue = queue
        self._dead_letters = dead_letters
        self._lock = DeadlineLock("another request is reading the dead letters")
        self._seen: tuple[float, DeadLetters] | None = None

    def list_letters(self) -> DeadLetters:
        """Return the newest dead letters; a list of the last two seconds is returned again. Raises: AwsError."""
        with self._lock:
            if self._seen is not None and time.monotonic() - self._seen[0] < _FRESH_S:
                return self._seen[1]
            letters = [letter for batch in self._receive_batches(MAX_LISTED) for letter in batch]
            self._give_back([letter.message for letter in letters])
            total = max(self._count_letters(), len(letters))
            found = _make_listing(letters, total)
            self._seen = (time.monotonic(), found)
            return found

    def receive_all(self) -> list[Letter]:
        """Return all dead letters; they are hidden from others until this returns. Raises: AwsError."""
        with self._lock:
            letters = [letter for batch in self._receive_batches(None) for letter in batch]
            self._give_back([letter.message for letter in letters])
            return letters

    def redrive(self, request: RedriveRequest) -> Sent:
        """Send the chosen letters to the queue again, each as a request for another attempt.

        The set is fixed before the first one is sent: a letter that a worker adds meanwhile is left for the next
        redrive. Each letter is first sent, then deleted, so that none is lost. If the process dies in between, the
        letter is sent twice, which the worker recognizes. Raises: AwsError.
        """
        with self._lock:
            self._seen = None
            chosen, others = self._choose_letters(request)
            sent: list[Letter] = []
            try:
                for start in range(0, len(chosen), MAX_BATCH):
                    batch = self._extend_batch(chosen[start : start + MAX_BATCH])
                    if not batch:
                        continue
                    self._queue.send([make_retry_body(letter.message.body) for letter in batch])
                    self._dead_letters.delete_all([letter.message for letter in batch])
                    sent += batch
            finally:
                settled = {letter.message.id for letter in sent}
                left = (letter for letter in (*others, *chosen) if letter.message.id not in settled)
                self._give_back([letter.message for letter in left])
            return Sent(len(sent), [letter.key for letter in sent if letter.key], self._count_letters())

    def discard(self, is_meant: Callable[[Letter], bool]) -> int:
        """Delete the letters for which `is_meant` is true; return their number. Raises: AwsError."""
        with self._lock:
            self._seen = None
            count = 0
            left: list[Message] = []
            try:
                for batch in self._receive_batches(None):
                    meant = [letter.message for letter in batch if is_meant(letter)]
                    left += [letter.message for letter in batch if letter.message not in meant]
                    if meant:
                        self._dead_letters.delete_all(meant)
                        count += len(meant)
            finally:
                self._give_back(left)
            return count

    def put_back(self, body: str, *, reason_code: ReasonCode, reason: str, attempts: int) -> None:
        """Send a letter that was discarded. Raises: AwsError."""
        with self._lock:
            self._seen = None
            self._dead_letters.put(body, reason_code=reason_code, reason=reason, attempts=attempts)

    def _choose_letters(self, request: RedriveRequest) -> tuple[list[Letter], list[Letter]]:
        """Return the letters that a request chooses, at most its `limit`, and the others received with them."""
        keys = set(request.keys) if request.keys is not None else None
        chosen: list[Letter] = []
        others: list[Letter] = []
        try:
            for batch in self._receive_batches(_MAX_EXAMINED, hidden_s=_CHOSEN_HIDDEN_S):
                for letter in batch:
                    is_meant = (keys is None or letter.key in keys) and request.reason_code in (
                        None,
                        letter.reason_code,
                    )
                    (chosen if is_meant and len(chosen) < request.limit else others).append(letter)
                if len(chosen) == request.limit:
                    break
        except AwsError:
            self._give_back([letter.message for letter in (*chosen, *others)])
            raise
        return chosen, others

    def _extend_batch(self, batch: Sequence[Letter]) -> Sequence[Letter]:
        """Hide the letters of a batch for longer; return those that this process still holds."""
        messages = [letter.message for letter in batch]
        refused = {message.id for message in self._dead_letters.extend(messages, visibility_timeout_s=_CHOSEN_HIDDEN_S)}
        return [letter for letter in batch if letter.message.id not in refused]

    def _receive_batches(self, most: int | None, *, hidden_s: int = _HIDDEN_S) -> Iterator[list[Letter]]:
        """Yield dead letters in batches of ten, each letter once, at most `most` of them."""
        seen: set[str] = set()
        empty = 0
        while empty < _EMPTY_ANSWERS and (most is None or len(seen) < most):
            count = MAX_BATCH if most is None else min(MAX_BATCH, most - len(seen))
            messages = self._dead_letters.receive(count, wait_s=0, visibility_timeout_s=hidden_s)
            batch = [_parse_letter(message) for message in messages if message.id not in seen]
            # A letter that returns has been hidden for its whole time: all letters have been received.
            empty = 0 if batch else empty + 1
            seen.update(message.id for message in messages)
            if batch:
                yield batch

    def _give_back(self, messages: Sequence[Message]) -> None:
        if messages:
            self._dead_letters.extend(messages, visibility_timeout_s=0)

    def _count_letters(self) -> int:
        depth = self._dead_letters.depth()
        return depth.visible + depth.in_flight + depth.delayed


def _parse_letter(message: Message) -> Letter:
    """Return a dead letter with its reason; a message that SQS moved itself gets a default one."""
    attributes = message.attributes
    try:
        events = parse_notification(message.body)
    except MalformedNotificationError:
        events = []
    try:
        code = ReasonCode(attributes.get("reason_code", ReasonCode.CRASHED))
    except ValueError:
        code = ReasonCode.INTERNAL
    attempts = attributes.get("attempts", "")
    return Letter(
        message,
        events,
        code,
        attributes.get("reason") or "It was received repeatedly, and no worker finished it.",
        int(attempts) if attempts.isdecimal() and len(attempts) <= _MAX_DIGITS else None,
    )


def _make_listing(letters: Sequence[Letter], total: int) -> DeadLetters:
    newest = sorted(letters, key=lambda letter: letter.at, reverse=True)
    counted = Counter(letter.reason_code for letter in newest)
    examples = {letter.reason_code: letter.reason for letter in reversed(newest)}
    return DeadLetters(
        total=total,
        items=[
            DeadLetter(
                id=letter.message.id,
                key=letter.key,
                reason=letter.reason,
                reason_code=letter.reason_code,
                retryable=not letter.reason_code.is_final,
                attempts=letter.attempts,
                at=letter.at,
            )
            for letter in newest
        ],
        groups=[
            DeadLetterGroup(reason_code=code, count=count, example=examples[code], retryable=not code.is_final)
            for code, count in counted.most_common()
        ],
        is_complete=len(letters) >= total,
    )
