"""What could not be processed: looked through, sent again, discarded.

SQS cannot be looked into: messages are received, which hides them for some seconds, and given back. Whatever dies in
between, they come back by themselves.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.api.models import DeadLetter, DeadLetterGroup, DeadLetters, RedriveRequest
from services.aws.queue import MAX_BATCH, DeadLetterQueue, Message, Queue
from services.contract.events import MalformedNotificationError, parse_notification
from services.contract.records import ReasonCode

LIST_MOST = 500
_EXAMINE_MOST = 2000
_HIDDEN_S = 10
_EMPTY_ANSWERS = 2
_FRESH_S = 2.0


@dataclass(frozen=True)
class Letter:
    message: Message
    key: str
    reason_code: ReasonCode
    reason: str
    attempts: int

    @property
    def at(self) -> datetime:
        return self.message.sent_at


@dataclass(frozen=True)
class Sent:
    count: int
    keys: Sequence[str]
    remaining: int


class DeadLetterBox:
    """One look or redrive at a time in this process: two would hide messages from each other."""

    def __init__(self, queue: Queue, dead_letters: DeadLetterQueue) -> None:
        self._queue = queue
        self._dead_letters = dead_letters
        self._lock = threading.Lock()
        self._seen: tuple[float, DeadLetters] | None = None

    def look(self) -> DeadLetters:
        """The newest dead letters; those of two seconds ago are not looked at again. Raises: AwsError."""
        with self._lock:
            if self._seen is not None and time.monotonic() - self._seen[0] < _FRESH_S:
                return self._seen[1]
            letters = list(self._receive(LIST_MOST))
            self._give_back([letter.message for letter in letters])
            total = max(self._depth(), len(letters))
            found = _listing(letters, total)
            self._seen = (time.monotonic(), found)
            return found

    def all(self) -> list[Letter]:
        """All dead letters, which are hidden from others until this returns. Raises: AwsError."""
        with self._lock:
            letters = [letter for batch in self._batches(None) for letter in batch]
            self._give_back([letter.message for letter in letters])
            return letters

    def redrive(self, request: RedriveRequest) -> Sent:
        """Sends those that are meant to the queue again: first sent, then deleted, so that none is lost.

        One that was sent and not yet deleted when this process dies comes twice: the worker knows what it has done.
        Raises: AwsError.
        """
        keys = set(request.keys) if request.keys is not None else None

        def is_meant(letter: Letter) -> bool:
            return (keys is None or letter.key in keys) and request.reason_code in (None, letter.reason_code)

        sent = self._take(is_meant, request.limit, lambda batch: self._queue.send([one.message.body for one in batch]))
        return Sent(len(sent), [letter.key for letter in sent if letter.key], self._depth())

    def discard(self, is_meant: Callable[[Letter], bool]) -> int:
        """Deletes those that are meant; how many they were. Raises: AwsError."""
        return len(self._take(is_meant, None, lambda _: None))

    def _take(
        self, is_meant: Callable[[Letter], bool], limit: int | None, before_deletion: Callable[[Sequence[Letter]], None]
    ) -> list[Letter]:
        with self._lock:
            self._seen = None
            taken: list[Letter] = []
            left: list[Message] = []
            try:
                for batch in self._batches(None if limit is None else _EXAMINE_MOST):
                    room = len(batch) if limit is None else limit - len(taken)
                    meant = [letter for letter in batch if is_meant(letter)][:room]
                    left += [letter.message for letter in batch if letter not in meant]
                    if meant:
                        before_deletion(meant)
                        self._dead_letters.delete_all([letter.message for letter in meant])
                        taken += meant
                    if limit is not None and len(taken) >= limit:
                        break
            finally:
                self._give_back(left)
            return taken

    def _receive(self, most: int) -> Iterator[Letter]:
        for batch in self._batches(most):
            yield from batch

    def _batches(self, most: int | None) -> Iterator[list[Letter]]:
        """All dead letters, each once, ten at a time, at most so many."""
        seen: set[str] = set()
        empty = 0
        while empty < _EMPTY_ANSWERS and (most is None or len(seen) < most):
            count = MAX_BATCH if most is None else min(MAX_BATCH, most - len(seen))
            messages = self._dead_letters.receive(count, wait_s=0, visibility_timeout_s=_HIDDEN_S)
            batch = [_letter(message) for message in messages if message.id not in seen]
            # One that comes again has been hidden long enough: the round is through.
            empty = 0 if batch else empty + 1
            seen.update(message.id for message in messages)
            if batch:
                yield batch

    def _give_back(self, messages: Sequence[Message]) -> None:
        if messages:
            self._dead_letters.extend(messages, visibility_timeout_s=0)

    def _depth(self) -> int:
        depth = self._dead_letters.depth()
        return depth.visible + depth.in_flight + depth.delayed


def _letter(message: Message) -> Letter:
    """A dead letter with its reason; one that SQS itself has moved has none."""
    attributes = message.attributes
    try:
        key = next(iter(parse_notification(message.body))).key
    except (MalformedNotificationError, StopIteration):
        key = ""
    try:
        code = ReasonCode(attributes.get("reason_code", ReasonCode.CRASHED))
    except ValueError:
        code = ReasonCode.INTERNAL
    attempts = attributes.get("attempts", "")
    return Letter(
        message,
        key,
        code,
        attributes.get("reason") or "It was received again and again, and no worker came to an end with it.",
        int(attempts) if attempts.isdecimal() else message.receive_count,
    )


def _listing(letters: Sequence[Letter], total: int) -> DeadLetters:
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
                attempts=letter.attempts,
                at=letter.at,
            )
            for letter in newest
        ],
        groups=[
            DeadLetterGroup(reason_code=code, count=count, example=examples[code])
            for code, count in counted.most_common()
        ],
        is_complete=len(letters) >= total,
    )
