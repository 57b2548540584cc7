"""A table that refuses, throttles or answers in part: which writes are repeated, how often, and with which token."""

import random
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from services.aws.errors import AwsError, BaseTakenError, ServiceError, WriteConflictError
from services.aws.table.transactions import BUSY_ATTEMPTS, choose_pause_s, failed_conditions
from services.aws.videos import VideosTable
from services.contract.resources import SHARDS_KEY, TOTALS_KEY
from services.contract.shards import choose_shard
from services.contract.statistics.totals import WRITES
from tests.support.history import a_record, done
from tests.support.place import Place

LIMIT_S = 2.0


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Note the pauses of the table's modules instead of making them."""
    noted: list[float] = []
    for module in ("videos", "table.totals", "table.transactions"):
        monkeypatch.setattr(f"services.aws.{module}.time.sleep", noted.append)
    return noted


def refusal(code: str, *reasons: str | None) -> ClientError:
    """Return the error of a refused write, with the reasons of a cancelled transaction."""
    listed = {"CancellationReasons": [{"Code": reason} if reason else {} for reason in reasons]} if reasons else {}
    answer: Any = {"Error": {"Code": code, "Message": "refused by the test"}, **listed}
    return ClientError(answer, "TransactWriteItems")


def cancelled(*reasons: str | None) -> ClientError:
    return refusal("TransactionCanceledException", *reasons)


class Refusals:
    """Requests of one kind, of which the first are refused."""

    def __init__(self, place: Place, method: str, errors: list[Exception]) -> None:
        self.errors = errors
        self.requests: list[dict[str, Any]] = []
        self._send: Callable[..., Any] = getattr(place.clients.dynamodb, method)

    def __call__(self, **request: Any) -> Any:
        self.requests.append(request)
        if self.errors:
            raise self.errors.pop(0)
        return self._send(**request)


@pytest.fixture
def refuse(place: Place) -> Iterator[Callable[..., Refusals]]:
    """Let the table refuse the first requests of one kind."""
    patches = []

    def begin(*errors: Exception, method: str = "transact_write_items") -> Refusals:
        refusals = Refusals(place, method, list(errors))
        patches.append(patch.object(place.clients.dynamodb, method, refusals))
        patches[-1].start()
        return refusals

    yield begin
    for one in patches:
        one.stop()


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_busy_transaction_is_repeated_with_one_token(
    place: Place, refuse: Callable[..., Refusals], pauses: list[float], reason: str
) -> None:
    refused = refuse(cancelled("None", reason), cancelled(None, reason))

    written = place.videos.replace(None, a_record())

    assert place.videos.get("uploads/a.mp4") == written
    assert len(refused.requests) == 3
    tokens = {request["ClientRequestToken"] for request in refused.requests}
    assert (len(tokens), len(tokens.pop())) == (1, 36)
    assert (len(pauses), pauses[0] <= 0.02) == (2, True)


@pytest.mark.parametrize(
    "error",
    [cancelled("ValidationError", "None"), refusal("ValidationException"), EndpointConnectionError(endpoint_url="x")],
)
def test_another_error_of_a_transaction_is_not_repeated(
    place: Place, refuse: Callable[..., Refusals], error: Exception
) -> None:
    refused = refuse(error)

    with pytest.raises(ServiceError, match=r"write the record of uploads/a\.mp4") as raised:
        place.videos.replace(None, a_record())

    assert not isinstance(raised.value, WriteConflictError)
    assert len(refused.requests) == 1


def test_a_table_that_stays_busy_is_an_error(
    place: Place, refuse: Callable[..., Refusals], pauses: list[float]
) -> None:
    refused = refuse(*[cancelled("TransactionConflict")] * 100)

    with pytest.raises(ServiceError, match=r"write the record of uploads/a\.mp4"):
        place.videos.replace(None, a_record())

    assert (len(refused.requests), len(pauses)) == (BUSY_ATTEMPTS, BUSY_ATTEMPTS - 1)


def test_pauses_grow_from_20_ms_to_two_seconds() -> None:
    with patch.object(random, "uniform", lambda low, high: (low, high)):
        drawn: list[Any] = [choose_pause_s(number) for number in range(8)]

    assert drawn == [(0.01, pytest.approx(min(LIMIT_S, 0.02 * 2**number))) for number in range(8)]


DENIED = refusal("AccessDeniedException")
CONFLICT = cancelled("ConditionalCheckFailed")


@pytest.mark.parametrize(
    ("act", "errors", "action"),
    [
        (lambda videos: videos.remove([a_record(), a_record("uploads/b.mp4")]), [DENIED], "remove 2 records"),
        (lambda videos: videos.seize("t/a", "uploads/a.mp4"), [DENIED], "seize the claim on t/a"),
        (lambda videos: videos.release(["t/a", "t/b"]), [DENIED], "release 2 claims"),
        (lambda videos: videos.release(["t/a", "t/b"]), [CONFLICT, DENIED], "release the claim on t/a"),
        (lambda videos: videos.correct({}, {}), [DENIED], "correct the totals"),
    ],
)
def test_an_error_names_the_write_that_failed(
    place: Place,
    refuse: Callable[..., Refusals],
    act: Callable[[VideosTable], object],
    errors: list[Exception],
    action: str,
) -> None:
    refuse(*errors)

    with pytest.raises(ServiceError, match=f"^{action}: AccessDeniedException"):
        act(place.videos)


def key_in_shard(shard: int, shards: int = 2) -> str:
    return next(key for number in range(99) if choose_shard(key := f"uploads/{number}.mp4", shards) == shard)


@pytest.mark.parametrize(("shard", "action"), [(0, "reduce the number of shards"), (1, "fold totals#1")])
def test_an_error_names_the_step_of_a_fold_that_failed(
    place: Place, refuse: Callable[..., Refusals], shard: int, action: str
) -> None:
    place.videos_with(2).replace(None, a_record(key_in_shard(shard)))
    refuse(DENIED)

    with pytest.raises(ServiceError, match=f"^{action}: AccessDeniedException"):
        place.videos.fold_totals()


@pytest.mark.parametrize(("conflicts", "is_folded"), [(4, True), (5, False)])
def test_a_shard_that_changes_during_a_fold_is_read_again(
    place: Place, refuse: Callable[..., Refusals], conflicts: int, *, is_folded: bool
) -> None:
    place.videos_with(2).replace(None, a_record(key_in_shard(1)))
    before = place.videos.counters()
    refuse(*[CONFLICT] * conflicts)

    assert place.videos.fold_totals() is is_folded

    assert {**place.videos.counters(), WRITES: 1} == {**before, WRITES: 1}
    assert (TOTALS_KEY in {item["pk"] for item in place.videos.scan()}) is is_folded


def test_a_release_of_many_claims_takes_several_transactions(
    place: Place, refuse: Callable[..., Refusals], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.aws.videos.RELEASE_AT_ONCE", 2)
    sent = refuse()

    place.videos.release(["t/a", "t/b", "t/a", "t/c"])

    assert [len(request["TransactItems"]) for request in sent.requests] == [2, 1]


def test_each_failed_condition_is_found_by_its_number(place: Place, refuse: Callable[..., Refusals]) -> None:
    refuse(cancelled("ConditionalCheckFailed", "None", "ConditionalCheckFailed"))

    with pytest.raises(WriteConflictError, match=r"write the record of uploads/a\.mp4") as raised:
        place.videos.replace(None, a_record())

    assert failed_conditions(raised.value) == [0, 2]
    assert failed_conditions(WriteConflictError("without a cause")) == []


@pytest.mark.parametrize("failed", [("ConditionalCheckFailed", "None", "ConditionalCheckFailed"), ("None",) * 3])
def test_only_a_failed_claim_alone_means_a_taken_base(
    place: Place, refuse: Callable[..., Refusals], failed: tuple[str, ...]
) -> None:
    refuse(cancelled(*failed))

    with pytest.raises(AwsError) as raised:
        place.videos.replace(None, a_record(), claims=True)
    assert not isinstance(raised.value, BaseTakenError)


def test_a_failed_last_action_without_a_claim_is_a_conflict(place: Place, refuse: Callable[..., Refusals]) -> None:
    refuse(cancelled("None", "ConditionalCheckFailed"))

    with pytest.raises(WriteConflictError) as raised:
        place.videos.replace(None, a_record())
    assert not isinstance(raised.value, BaseTakenError)


def test_a_refused_single_write_is_repeated(place: Place, refuse: Callable[..., Refusals]) -> None:
    for number in range(8):
        place.videos.replace(None, a_record(f"uploads/{number}.mp4"))
    videos = place.videos_with(64)
    refused = refuse(*[refusal("TransactionConflictException")] * 2, method="update_item")

    assert all(videos.move_in_index(item) for item in videos.scan() if item["pk"].startswith("uploads/"))

    moved = {item["state"] for item in videos.scan() if item["pk"].startswith("uploads/")} - {"processing"}
    assert moved
    # The announcement, and two refusals of it.
    assert len(refused.requests) > 3


def test_another_refusal_of_a_single_write_is_an_error(place: Place, refuse: Callable[..., Refusals]) -> None:
    refuse(refusal("AccessDeniedException"), method="update_item")

    with pytest.raises(ServiceError, match="announce the number of shards"):
        place.videos_with(64).replace(None, a_record())


class PartialAnswers:
    """A method whose first answers leave a part undone."""

    def __init__(self, whole: Callable[..., Any], key: str, times: int) -> None:
        self._whole, self._key, self.times = whole, key, times
        self.asked: list[Any] = []

    def __call__(self, **request: Any) -> Any:
        ((table, asked),) = request["RequestItems"].items()
        self.asked.append(asked)
        if not self.times:
            return self._whole(**request)
        self.times -= 1
        if self._key == "UnprocessedItems":
            self._whole(RequestItems={table: asked[:1]})
            return {self._key: {table: asked[1:]}}
        first = {**asked, "Keys": asked["Keys"][:1]}
        answer = self._whole(RequestItems={table: first})
        return {**answer, self._key: {table: {**asked, "Keys": asked["Keys"][1:]}}}


def test_a_deletion_in_parts_ends_when_all_are_deleted(place: Place, pauses: list[float]) -> None:
    keys = [f"notes/{number}" for number in range(60)]
    for key in keys:
        item: Any = {"pk": {"S": key}}
        place.clients.dynamodb.put_item(TableName=place.resources.table.name, Item=item)
    whole = place.clients.dynamodb.batch_write_item
    partial = PartialAnswers(whole, "UnprocessedItems", 2)

    with patch.object(place.clients.dynamodb, "batch_write_item", partial):
        place.videos.delete(keys)

    assert list(place.videos.scan()) == []
    assert [len(asked) for asked in partial.asked] == [25, 24, 23, 25, 10]
    assert (len(pauses), pauses[0] <= 0.02) == (2, True)


def test_a_deletion_that_never_ends_is_an_error(place: Place, pauses: list[float]) -> None:
    partial = PartialAnswers(lambda **_: {}, "UnprocessedItems", 1000)

    with (
        patch.object(place.clients.dynamodb, "batch_write_item", partial),
        pytest.raises(ServiceError, match=r"delete items of the videos table: too busy"),
    ):
        place.videos.delete([f"notes/{number}" for number in range(20)])

    assert len(partial.asked) == len(pauses) == BUSY_ATTEMPTS


def test_totals_read_in_parts_are_whole(place: Place, pauses: list[float]) -> None:
    for number in range(12):
        begun = place.videos_with(4).replace(None, a_record(f"uploads/{number}.mp4"))
        place.videos_with(4).replace(begun, done(begun))
    videos = place.videos_with(4)
    expected = videos.counters()
    partial = PartialAnswers(place.clients.dynamodb.batch_get_item, "UnprocessedKeys", 3)

    with patch.object(place.clients.dynamodb, "batch_get_item", partial):
        assert videos.counters() == expected

    assert expected["videos_done"] == 12
    assert [len(asked["Keys"]) for asked in partial.asked] == [5, 4, 3, 2]
    assert (len(pauses), pauses[0] <= 0.02) == (3, True)


@pytest.mark.parametrize("method", ["batch_get_item", "batch_write_item"])
def test_an_answer_may_leave_out_an_empty_rest(place: Place, method: str) -> None:
    place.videos.replace(None, a_record())
    whole = getattr(place.clients.dynamodb, method)

    def answer(**request: Any) -> Any:
        return {name: value for name, value in whole(**request).items() if not name.startswith("Unprocessed")}

    with patch.object(place.clients.dynamodb, method, answer):
        assert place.videos.totals()["videos_processing"] == 1
        place.videos.delete(["uploads/a.mp4"])

    assert place.videos.get("uploads/a.mp4") is None


def test_a_reader_of_one_shard_asks_for_its_item_alone(place: Place, refuse: Callable[..., Refusals]) -> None:
    asked = refuse(method="batch_get_item")

    place.videos.totals()

    ((request,),) = (sent["RequestItems"].values() for sent in asked.requests)
    assert [key["pk"]["S"] for key in request["Keys"]] == [SHARDS_KEY, TOTALS_KEY]


def test_totals_that_are_never_whole_are_an_error(place: Place) -> None:
    partial = PartialAnswers(lambda **_: {"Responses": {}}, "UnprocessedKeys", 1000)

    with (
        patch.object(place.clients.dynamodb, "batch_get_item", partial),
        pytest.raises(ServiceError, match="read the totals: the table is too busy"),
    ):
        place.videos.counters()

    assert len(partial.asked) == 5


def test_a_number_of_shards_is_announced_again_after_five_minutes(
    place: Place, refuse: Callable[..., Refusals], monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = [0.0]
    monkeypatch.setattr("services.aws.table.totals.time.monotonic", lambda: now_s[0])
    sent = refuse(method="update_item")
    videos = place.videos_with(8)
    record = a_record()
    numbers = []
    for now_s[0] in (0.0, 299.0, 300.0, 301.0):
        written = videos.replace(None, record)
        videos.remove([written])
        numbers.append(len(sent.requests))

    assert numbers == [1, 1, 2, 2]
    item = place.clients.dynamodb.get_item(
        TableName=place.resources.table.name, Key={"pk": {"S": SHARDS_KEY}}, ConsistentRead=True
    )["Item"]
    assert item == {"pk": {"S": SHARDS_KEY}, SHARDS_KEY: {"N": "8"}}


def test_one_shard_is_never_announced(place: Place, refuse: Callable[..., Refusals]) -> None:
    sent = refuse(method="update_item")

    VideosTable(place.clients.dynamodb, place.resources.table.name).replace(None, a_record())

    assert sent.requests == []


def test_a_smaller_number_does_not_replace_a_larger_one(place: Place) -> None:
    place.videos_with(16).replace(None, a_record("uploads/1.mp4"))
    place.videos_with(8).replace(None, a_record("uploads/2.mp4"))

    assert place.videos.totals()["videos_processing"] == 2
    items = {item["pk"]: item for item in place.videos.scan()}
    assert items[SHARDS_KEY][SHARDS_KEY] == 16


def test_a_change_without_totals_writes_one_item(place: Place, refuse: Callable[..., Refusals]) -> None:
    begun = place.videos.replace(None, a_record())
    sent = refuse()

    place.videos.replace(begun, begun.model_copy(update={"attempt": 2}))

    assert [len(request["TransactItems"]) for request in sent.requests] == [1]
    assert place.videos.counters()[WRITES] == 1
    assert TOTALS_KEY in {item["pk"] for item in place.videos.scan()}
