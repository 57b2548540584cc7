"""Writes to the videos table while DynamoDB cancels, throttles or refuses them, and while answers are lost."""

import json
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

from services.aws.errors import ServiceError, WriteConflictError
from services.aws.table.transactions import BUSY_ATTEMPTS, choose_pause_s
from services.contract.keys import is_upload
from tests.support.history import a_record, done
from tests.support.place import Place

Answer = Callable[[AWSPreparedRequest], AWSResponse | None]


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self._content


def refuse(code: str, reasons: Sequence[str] = ()) -> Answer:
    """Answer with an error of DynamoDB, without sending the request."""
    content = {
        "__type": f"com.amazonaws.dynamodb.v20120810#{code}",
        "message": "refused by the test",
        **({"CancellationReasons": [{"Code": reason} for reason in reasons]} if reasons else {}),
    }

    def answer(request: AWSPreparedRequest) -> AWSResponse:
        return AWSResponse(request.url, 400, HTTPHeaders(), _Body(json.dumps(content).encode()))

    return answer


def lose(then: Answer) -> Answer:
    """Send the request, drop its answer, and answer as `then`."""

    def answer(request: AWSPreparedRequest) -> AWSResponse | None:
        headers: Any = request.headers
        headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in headers.items()}
        assert isinstance(request.body, bytes)
        sent = urllib.request.Request(request.url, request.body, headers)  # noqa: S310 - the embedded AWS
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sent, timeout=60) as done:
            assert done.status == 200
        return then(request)

    return answer


CONFLICT = refuse("TransactionCanceledException", ["None", "TransactionConflict"])
THROTTLED = refuse("TransactionCanceledException", ["ThrottlingError", "None"])
TOO_MUCH = refuse("TransactionCanceledException", ["ProvisionedThroughputExceeded", "None"])
IN_PROGRESS = refuse("TransactionInProgressException")
REFUSED = refuse("TransactionConflictException")
INVALID = refuse("TransactionCanceledException", ["ValidationError", "None"])


def _token_of(request: AWSPreparedRequest) -> str | None:
    assert isinstance(request.body, bytes)
    token: str | None = json.loads(request.body).get("ClientRequestToken")
    return token


class Interference:
    """Answers to the next writes of the client of a place; the writes after these are sent."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.tokens: list[str | None] = []

    def intervene(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse | None:
        if event_name.rpartition(".")[2] not in ("TransactWriteItems", "UpdateItem", "PutItem"):
            return None
        self.tokens.append(_token_of(request))
        return self.answers.pop(0)(request) if self.answers else None


@pytest.fixture
def interference(place: Place) -> Iterator[Interference]:
    interfering = Interference()
    # Botocore takes the answer of a handler, of which its types know nothing.
    intervene: Any = interfering.intervene
    place.clients.dynamodb.meta.events.register("before-send.dynamodb", intervene)
    yield interfering
    place.clients.dynamodb.meta.events.unregister("before-send.dynamodb", intervene)


@pytest.mark.parametrize("refusal", [CONFLICT, THROTTLED, TOO_MUCH, IN_PROGRESS])
def test_a_busy_transaction_is_repeated_with_its_token(
    place: Place, interference: Interference, refusal: Answer
) -> None:
    interference.answers = [refusal, refusal]

    written = place.videos.replace(None, a_record())

    assert place.videos.get("uploads/a.mp4") == written
    assert place.videos.totals() == {"videos_processing": 1, "upload_bytes": 1000}
    assert len(interference.tokens) == 3
    assert len(set(interference.tokens)) == 1


@pytest.mark.parametrize("then", [CONFLICT, IN_PROGRESS])
def test_a_transaction_whose_answer_is_lost_has_one_effect(
    place: Place, interference: Interference, then: Answer
) -> None:
    interference.answers = [lose(then)]
    begun = place.videos.replace(None, a_record(), claims=True)
    interference.answers = [lose(then), then]
    ended = place.videos.replace(begun, done(begun))

    assert place.videos.get("uploads/a.mp4") == ended
    totals = {name: count for name, count in place.videos.counters().items() if count}
    assert (totals["videos_done"], totals["ended"], totals["writes"]) == (1, 1, 2)


def test_each_transaction_has_a_token_of_its_own(place: Place, interference: Interference) -> None:
    begun = place.videos.replace(None, a_record())
    place.videos.replace(begun, begun.model_copy(update={"attempt": 2}))

    assert len(set(interference.tokens)) == 2


def test_a_correction_waits_for_transactions_of_workers(place: Place, interference: Interference) -> None:
    place.videos.replace(None, a_record())
    before = place.videos.counters()
    interference.answers = [CONFLICT] * 2

    place.videos.correct(before, {"videos_done": 9})

    assert place.videos.totals() == {"videos_done": 9}


def test_an_index_move_waits_for_workers_transactions(place: Place, interference: Interference) -> None:
    for number in range(8):
        place.videos.replace(None, a_record(f"uploads/{number}.mp4"))
    videos = place.videos_with(64)
    items = [item for item in videos.scan() if is_upload(item["pk"])]
    # The first is the announcement of the number of shards.
    interference.answers = [REFUSED] * 3

    assert all(videos.move_in_index(item) for item in items)

    states = {item["state"] for item in videos.scan() if is_upload(item["pk"])}
    assert len(states) > 1
    assert videos.totals()["videos_processing"] == 8


def test_a_table_that_stays_busy_is_a_service_error(
    place: Place, interference: Interference, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("services.aws.table.transactions.time.sleep", pauses.append)
    interference.answers = [CONFLICT] * 100

    with pytest.raises(ServiceError, match=r"write the record of uploads/a\.mp4: TransactionCanceledException"):
        place.videos.replace(None, a_record())

    assert len(interference.tokens) == BUSY_ATTEMPTS
    assert len(pauses) == BUSY_ATTEMPTS - 1
    interference.answers = []
    assert place.videos.get("uploads/a.mp4") is None
    assert place.videos.totals() == {}


def test_an_invalid_transaction_is_not_repeated(place: Place, interference: Interference) -> None:
    interference.answers = [INVALID]

    with pytest.raises(ServiceError):
        place.videos.replace(None, a_record())

    assert len(interference.tokens) == 1


def test_a_condition_that_fails_counts_more_than_a_conflict(place: Place, interference: Interference) -> None:
    interference.answers = [refuse("TransactionCanceledException", ["ConditionalCheckFailed", "TransactionConflict"])]

    with pytest.raises(WriteConflictError):
        place.videos.replace(None, a_record())

    assert len(interference.tokens) == 1


def test_pauses_are_random_and_grow_to_two_seconds() -> None:
    drawn = [[choose_pause_s(number) for _ in range(200)] for number in range(BUSY_ATTEMPTS)]

    assert all(len(set(pauses)) > 100 for pauses in drawn)
    assert max(drawn[0]) <= 0.02
    assert all(min(pauses) >= 0.01 for pauses in drawn)
    assert [max(pauses) <= 2 for pauses in drawn] == [True] * BUSY_ATTEMPTS
    assert max(drawn[-1]) > 1
