"""Faults of single requests to AWS: which one happens, and the answers that the services would send."""

import json
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock


class Fault(StrEnum):
    DELAY = "delay"
    RESET = "reset"
    """The connection is reset before the request has an effect."""
    ERROR = "error"
    """500 or 503."""
    THROTTLE = "throttle"
    CUT = "cut"
    """The answer ends in the middle of its body."""
    LOST = "lost"
    """The request has its effect, and its answer is lost."""
    CONFLICT = "conflict"
    """A transaction collides with another one."""
    DUPLICATE = "duplicate"
    """A message is delivered that was delivered before."""
    REORDER = "reorder"
    """Messages are delivered in another order, and some not at all until their visibility times out."""


_OF_ALL = (Fault.DELAY, Fault.RESET, Fault.ERROR, Fault.THROTTLE, Fault.CUT, Fault.LOST)


@dataclass(frozen=True)
class Weather:
    """Probabilities of the faults of one request, by service; a fault that is not named does not happen."""

    s3: Mapping[Fault, float] = field(default_factory=dict)
    sqs: Mapping[Fault, float] = field(default_factory=dict)
    dynamodb: Mapping[Fault, float] = field(default_factory=dict)

    def of(self, service: str) -> Mapping[Fault, float]:
        return {"s3": self.s3, "sqs": self.sqs, "dynamodb": self.dynamodb}[service]


CALM = Weather()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Request:
    """The part of a request that decides about its faults."""

    method: str
    path: str
    service: str
    action: str
    """Operation of SQS or DynamoDB, such as ReceiveMessage; empty for S3."""

    @classmethod
    def of(cls, method: str, path: str, target: str | None) -> "Request":
        if not target:
            return cls(method, path, "s3", "")
        prefix, _, action = target.partition(".")
        return cls(method, path, "dynamodb" if prefix.startswith("DynamoDB") else "sqs", action)


class Sky:
    """The present weather, and the counts of what it did. Threads of the proxy share it."""

    def __init__(self, seed: int) -> None:
        self.weather = CALM
        self.counts: Counter[str] = Counter()
        self._dice = random.Random(seed)  # noqa: S311 - faults, not secrets
        self._lock = Lock()

    def draw(self, request: Request) -> Fault | None:
        """Return the fault of a request, or None."""
        with self._lock:
            rest = self._dice.random()
            for fault, probability in self.weather.of(request.service).items():
                if rest < probability:
                    return fault if _applies(fault, request) else None
                rest -= probability
            return None

    def count(self, fault: Fault, request: Request) -> None:
        with self._lock:
            self.counts[f"{fault} {request.service}"] += 1

    def choose(self, low: float, high: float) -> float:
        with self._lock:
            return self._dice.uniform(low, high)


def draw_weather(dice: random.Random) -> Weather:
    """Return a weather in which about every tenth request has a fault."""

    def draw_service(*special: Fault) -> dict[Fault, float]:
        chosen = dice.sample([*_OF_ALL, *special], k=dice.randint(1, 4))
        # Long polls are few: their faults happen more often.
        return {
            fault: round(dice.uniform(0.01, 0.12) * (4 if fault in (Fault.DUPLICATE, Fault.REORDER) else 1), 3)
            for fault in chosen
        }

    return Weather(
        s3=draw_service(),
        sqs=draw_service(Fault.DUPLICATE, Fault.DUPLICATE, Fault.REORDER),
        dynamodb=draw_service(Fault.CONFLICT, Fault.CONFLICT),
    )


def _applies(fault: Fault, request: Request) -> bool:
    match fault:
        case Fault.CONFLICT:
            return request.action == "TransactWriteItems"
        case Fault.DUPLICATE | Fault.REORDER:
            return request.action == "ReceiveMessage"
        case _:
            return True


def make_answer(fault: Fault, request: Request, *, is_other: bool) -> Answer:
    """Return the answer of AWS to a request with the fault ERROR, THROTTLE or CONFLICT; `is_other` chooses of two."""
    if fault is Fault.CONFLICT:
        return _make_conflict()
    status, code = _CODES[request.service, fault][is_other]
    if request.service == "s3":
        text = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>Try again.</Message></Error>'
        )
        return Answer(status, {"Content-Type": "application/xml"}, text.encode())
    return _make_json(status, code, "Try again.")


_CODES = {
    ("s3", Fault.ERROR): ((500, "InternalError"), (503, "ServiceUnavailable")),
    ("s3", Fault.THROTTLE): ((503, "SlowDown"), (503, "SlowDown")),
    ("sqs", Fault.ERROR): (
        (500, "com.amazon.coral.service#InternalFailure"),
        (503, "com.amazon.coral.service#ServiceUnavailable"),
    ),
    ("sqs", Fault.THROTTLE): ((400, "com.amazonaws.sqs#RequestThrottled"), (403, "com.amazonaws.sqs#RequestThrottled")),
    ("dynamodb", Fault.ERROR): (
        (500, "com.amazonaws.dynamodb.v20120810#InternalServerError"),
        (503, "com.amazon.coral.service#ServiceUnavailableException"),
    ),
    ("dynamodb", Fault.THROTTLE): (
        (400, "com.amazonaws.dynamodb.v20120810#ThrottlingException"),
        (400, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"),
    ),
}
"""Status and error code of each service, two for each fault."""


def _make_json(status: int, name: str, message: str, **more: object) -> Answer:
    body = json.dumps({"__type": name, "message": message, **more}).encode()
    return Answer(status, {"Content-Type": "application/x-amz-json-1.0"}, body)


def _make_conflict() -> Answer:
    # With one reason more or less than actions: what matters to a client is that one of them is a conflict.
    return _make_json(
        400,
        "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Transaction cancelled, please refer cancellation reasons for specific reasons [None, TransactionConflict]",
        CancellationReasons=[{"Code": "None"}, {"Code": "TransactionConflict", "Message": "Transaction is ongoing."}],
    )
