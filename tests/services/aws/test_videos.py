from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from services.aws.errors import BaseTakenError, WriteConflictError
from services.aws.removal import remove_record
from services.contract.records import VideoState
from services.contract.resources import CLAIM_PREFIX, PURGER
from services.contract.statistics.totals import ENDED
from tests.support.history import a_record, done
from tests.support.place import Place


def test_a_record_is_read_as_it_was_written(place: Place) -> None:
    begun = place.videos.replace(None, a_record("uploads/Ü + 100%/日本.mp4"))
    ended = place.videos.replace(begun, done(begun))

    assert place.videos.get("uploads/Ü + 100%/日本.mp4") == ended
    assert begun.revision != ended.revision
    assert place.videos.get("uploads/other.mp4") is None


def test_a_record_that_changed_in_between_is_not_overwritten(place: Place) -> None:
    begun = place.videos.replace(None, a_record())
    replaced = place.videos.replace(begun, begun)
    before = place.videos.totals()

    with pytest.raises(WriteConflictError):
        place.videos.replace(begun, done(begun))
    with pytest.raises(WriteConflictError):
        place.videos.replace(None, a_record())

    assert place.videos.get("uploads/a.mp4") == replaced
    assert place.videos.totals() == before


def test_a_record_of_before_a_purge_replaces_no_later_one(place: Place) -> None:
    begun = place.videos.replace(None, a_record())
    place.videos.remove([begun])
    later = place.videos.replace(None, a_record())

    with pytest.raises(WriteConflictError):
        place.videos.replace(begun, done(begun))

    assert place.videos.get("uploads/a.mp4") == later


def test_a_deleted_record_and_the_next_owner_of_its_base_go_together(place: Place) -> None:
    deleted = place.videos.replace(None, a_record(state=VideoState.DELETED))
    owner = place.videos.replace(None, a_record("uploads/a.mov"), claims=True)

    place.videos.remove([deleted, owner])

    assert (place.videos.get(deleted.key), place.videos.get(owner.key)) == (None, None)
    assert place.videos.claim_owner("thumbnails/a") == PURGER


def test_totals_follow_the_records(place: Place) -> None:
    begun = place.videos.replace(None, a_record())
    assert place.videos.totals() == {"videos_processing": 1, "upload_bytes": 1000}

    ended = place.videos.replace(begun, done(begun))
    totals = {name: value for name, value in place.videos.totals().items() if value}
    assert totals == {"videos_done": 1, "thumbnails": 3, "upload_bytes": 1000, "thumbnail_bytes": 150}

    place.videos.replace(ended, a_record(size_bytes=10, state=VideoState.FAILED))
    totals = {name: value for name, value in place.videos.totals().items() if value}
    assert totals == {"videos_failed": 1, "upload_bytes": 10}


def test_a_video_ends_once_however_often_it_is_written(place: Place) -> None:
    ended = place.videos.replace(None, done(a_record()))

    place.videos.replace(ended, ended.model_copy(update={"size_bytes": 10}))

    assert place.videos.counters()[ENDED] == 1


def test_many_workers_at_once_lose_no_count(place: Place) -> None:
    def work(number: int) -> None:
        begun = place.videos.replace(None, a_record(f"uploads/{number}.mp4"))
        place.videos.replace(begun, done(begun))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))

    totals = place.videos.totals()
    assert (totals["videos_done"], totals["thumbnails"], totals["videos_processing"]) == (40, 120, 0)


def test_a_base_belongs_to_the_first_who_claims_it(place: Place) -> None:
    first = place.videos.replace(None, a_record(base="t/a"), claims=True)
    before = place.videos.totals()
    with pytest.raises(BaseTakenError, match=r"t/a for uploads/b\.mp4"):
        place.videos.replace(None, a_record("uploads/b.mp4", base="t/a"), claims=True)

    assert place.videos.get("uploads/b.mp4") is None
    assert place.videos.totals() == before
    place.videos.replace(first, first, claims=True)
    place.videos.replace(None, a_record("uploads/b.mp4", base="t/b"), claims=True)


def test_a_changed_record_differs_from_a_taken_base(place: Place) -> None:
    begun = place.videos.replace(None, a_record(base="t/a"), claims=True)
    place.videos.replace(None, a_record("uploads/b.mp4", base="t/b"), claims=True)
    place.videos.replace(begun, begun)

    for base in ("t/a", "t/b"):
        with pytest.raises(WriteConflictError) as raised:
            place.videos.replace(begun, begun.model_copy(update={"base": base}), claims=True)
        assert not isinstance(raised.value, BaseTakenError)


def test_one_of_many_claimants_gets_a_base(place: Place) -> None:
    def claim(number: int) -> bool:
        try:
            place.videos.replace(None, a_record(f"uploads/a.{number}.mp4", base="t/a"), claims=True)
        except BaseTakenError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(claim, range(8))).count(True) == 1
    assert place.videos.totals()["videos_processing"] == 1


@pytest.mark.parametrize(
    ("owner", "has_record", "is_seized"),
    [
        ("uploads/a.mp4", False, True),
        (PURGER, False, True),
        ("uploads/a.mp4", True, False),
        ("uploads/b.mp4", False, False),
        (None, False, False),
    ],
)
def test_a_purge_seizes_only_the_claim_of_a_lost_upload(
    place: Place, owner: str | None, *, has_record: bool, is_seized: bool
) -> None:
    _write_claim(place, owner)
    if has_record:
        place.videos.replace(None, a_record())

    assert place.videos.seize("t/a", "uploads/a.mp4") is is_seized

    assert place.videos.claim_owner("t/a") == (PURGER if is_seized else owner)


@pytest.mark.parametrize("owner", ["uploads/a.mp4", PURGER, None])
def test_a_record_is_removed_together_with_its_claim(place: Place, owner: str | None) -> None:
    record = place.videos.replace(None, a_record(base="t/a"))
    _write_claim(place, owner)

    place.videos.remove([record], releases=True)

    assert (place.videos.get(record.key), place.videos.claim_owner("t/a")) == (None, None)


def test_a_base_of_another_upload_is_not_removed(place: Place) -> None:
    record = place.videos.replace(None, a_record(base="t/a"))
    _write_claim(place, "uploads/b.mp4")

    with pytest.raises(WriteConflictError):
        place.videos.remove([record], releases=True)
    assert place.videos.get(record.key) == record

    remove_record(place.videos, record)
    assert (place.videos.get(record.key), place.videos.claim_owner("t/a")) == (None, "uploads/b.mp4")


def _write_claim(place: Place, owner: str | None) -> None:
    if owner:
        claim: Any = {"pk": {"S": f"{CLAIM_PREFIX}t/a"}, "upload": {"S": owner}}
        place.clients.dynamodb.put_item(TableName=place.resources.table.name, Item=claim)


def test_a_record_written_for_a_purge_gives_its_claim(place: Place) -> None:
    begun = place.videos.replace(None, a_record(base="t/a"), claims=True)
    place.videos.replace(begun, done(begun), seizes=True)
    assert place.videos.claim_owner("t/a") == PURGER

    # A claim that was never made is made for the purge.
    place.videos.replace(None, a_record("uploads/b.mp4", base="t/b"), seizes=True)
    assert place.videos.claim_owner("t/b") == PURGER
