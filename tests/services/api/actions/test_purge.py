"""The purge: its confirmation, what it leaves alone, and that another process continues it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from services.api.access.secret_key import SecretKey
from services.api.actions.confirmations import Confirmations
from services.api.actions.dead_letters import DeadLetterStore
from services.api.schema.problems import UnconfirmedError
from services.aws.videos import VideosTable
from services.contract.events import UploadEvent, make_notification_body
from services.contract.records import VideoRecord, VideoState
from services.contract.resources import CLAIM_PREFIX, PURGER
from services.worker.process import Skipped, Stored
from tests.services.api.actions.test_actions import HeldSandbox, Work, leftovers
from tests.services.api.process import Api
from tests.services.api.records import START, a_record, store, write
from tests.support.place import Place
from tests.support.purging import PHASES, Gate, ended, missing_pictures, purge_of, shared_items, start, with_versions


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"confirmation": ""},
        {"confirmation": "bad"},
        {"confirmation": "WzEsMl0.c2lnbmVkIGJ5IG5vYm9keQ"},
        {"confirmation": "ü"},
    ],
)
def test_without_a_confirmation_nothing_is_deleted(place: Place, own_api: Api, given: dict[str, str]) -> None:
    store(place, "uploads/a.mp4")
    with own_api.client() as client:
        refused = client.delete("/api/purge", params=given)
        assert (refused.status_code, refused.headers["Content-Type"]) == (428, "application/problem+json")
        assert "GET /api/purge" in refused.json()["detail"]
        assert client.get("/api/purge").json()["last"] is None
    assert len(list(place.bucket.versions(""))) == 4


def test_a_confirmation_is_valid_for_a_minute(place: Place, own_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    store(place, "uploads/a.mp4")
    with own_api.client() as client:
        preview = client.get("/api/purge").json()
        left = datetime.fromisoformat(preview["confirmation_until"]) - datetime.now(UTC)
        assert timedelta() < left <= timedelta(seconds=60)
        monkeypatch.setattr("services.api.actions.confirmations.VALID_S", -1)
        expired = Confirmations(SecretKey(shared_items(place))).write(cutoff=datetime.now(UTC), objects=4)[0]
        refused = client.delete("/api/purge", params={"confirmation": expired})
        assert (refused.status_code, "expired" in refused.json()["detail"]) == (428, True)
    assert len(list(place.bucket.versions(""))) == 4


def test_a_confirmation_serves_one_purge(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    # Two purges may take longer than a minute on a busy machine.
    monkeypatch.setattr("services.api.actions.confirmations.VALID_S", 3600)
    store(place, "uploads/a.mp4")
    own = purge_of(place)
    first, second = (own.preview().confirmation for _ in range(2))
    begun = [own.start(first)[1] for _ in range(2)]
    assert begun[0].id == begun[1].id
    assert ended(place).phase == "done"
    again = own.start(first)[1]
    assert (again.id, again.phase) == (begun[0].id, "done")

    assert own.start(second)[1].id != begun[0].id
    assert ended(place).phase == "done"
    with pytest.raises(UnconfirmedError, match="used"):
        own.start(first)


def test_confirmations_are_valid_in_all_processes_of_one_pipeline(place: Place, shared_place: Place) -> None:
    one, other = (Confirmations(SecretKey(shared_items(place))) for _ in range(2))
    confirmation, counted = one.write(cutoff=START, objects=3)
    assert other.read(confirmation) == counted
    with pytest.raises(UnconfirmedError):
        Confirmations(SecretKey(shared_items(shared_place))).read(confirmation)


def test_what_is_uploaded_after_the_count_stays(place: Place) -> None:
    with_versions(place)
    store(place, "uploads/old.mp4")
    own = purge_of(place)
    confirmation = own.preview().confirmation
    place.bucket.put("uploads/new.mp4", b"new", content_type="video/mp4")
    place.bucket.put("uploads/old.mp4", b"a new version", content_type="video/mp4")
    arrived = place.bucket.head("uploads/new.mp4").modified_at
    assert arrived is not None
    letter = UploadEvent(name="ObjectCreated:Put", time=arrived, bucket=place.resources.bucket, key="uploads/new.mp4")
    for event in (letter, letter.model_copy(update={"time": START})):
        place.dead_letters.put(make_notification_body(event), reason_code="crashed", reason="It crashed.", attempts=5)

    counted, _ = own.start(confirmation)
    assert ended(place).phase == "done"

    assert counted.objects == 4
    assert [version.key for version in place.bucket.versions("uploads/")] == ["uploads/new.mp4", "uploads/old.mp4"]
    assert [one.events[0].time for one in DeadLetterStore(place.queue, place.dead_letters).receive_all()] == [
        letter.time
    ]


def test_what_was_stored_just_before_the_count_goes(place: Place) -> None:
    for _ in range(3):
        store(place, "uploads/a.mp4")
        own = purge_of(place)
        assert own.preview().objects == 4
        start(own)
        assert ended(place).phase == "done"
        assert leftovers(place) == []


def _fast(place: Place, key: str) -> Work:
    sandbox = HeldSandbox()
    sandbox.may_end.set()
    return Work(place, key, sandbox)


@pytest.mark.parametrize("worker", ["at once", "after the purge"])
@pytest.mark.parametrize("phase", PHASES)
def test_content_uploaded_again_during_a_purge_keeps_thumbnails(place: Place, phase: str, worker: str) -> None:
    with_versions(place)
    records = [store(place, f"uploads/{number}.mp4") for number in range(3)]
    key = records[1].key

    def upload() -> None:
        place.bucket.put(key, b"a video", content_type="video/mp4")
        if worker == "at once":
            _process(place, key)

    gate = Gate(place, phase, upload)
    start(purge_of(place, gate))
    assert ended(place).phase == "done"
    assert gate.is_passed
    if worker == "after the purge":
        _process(place, key)

    assert [version.key for version in place.bucket.versions("uploads/")] == [key]
    record = place.videos.get(key)
    assert record is not None
    assert (record.state, record.etag) == (VideoState.DONE, place.bucket.head(key).etag)
    assert record.thumbnails
    assert missing_pictures(place) == []


def _process(place: Place, key: str) -> None:
    work = _fast(place, key)
    # The settings of the records in these tests are none that a worker has.
    record = place.videos.get(key)
    if record is not None and record.settings_hash == "settings":
        place.videos.replace(record, record.model_copy(update={"settings_hash": work.processor._options.fingerprint}))  # noqa: SLF001
    work.start()
    work.join()
    assert isinstance(work.result, (Stored, Skipped))


class RivalTable(VideosTable):
    """A table in which a worker writes a record of the new upload just before the purge removes the old one."""

    def __init__(self, place: Place, key: str) -> None:
        super().__init__(place.clients.dynamodb, place.resources.table.name)
        self.place, self.key, self.has_written = place, key, False

    def remove(self, records: Sequence[VideoRecord], *, releases: bool = False) -> None:
        if not self.has_written:
            self.has_written = True
            self.place.bucket.put(self.key, b"a video", content_type="video/mp4")
            before = self.get(self.key)
            assert before is not None
            now = self.place.bucket.head(self.key).modified_at
            self.replace(before, before.model_copy(update={"modified_at": now, "version_id": "new"}))
        super().remove(records, releases=releases)


def test_a_record_written_before_its_removal_stays(place: Place) -> None:
    with_versions(place)
    kept, *_ = [store(place, f"uploads/{number}.mp4") for number in range(3)]

    start(purge_of(place, videos=RivalTable(place, kept.key)))
    assert ended(place).phase == "done"

    record = place.videos.get(kept.key)
    assert record is not None
    assert record.version_id == "new"
    assert [info.key for info in place.bucket.list("uploads/")] == [kept.key]
    assert [info.key for info in place.bucket.list("thumbnails/")] == [one.key for one in kept.thumbnails]


def test_a_record_begun_during_the_deletion_is_removed(place: Place) -> None:
    old = store(place, "uploads/old.mp4")
    late = a_record("uploads/late.mp4").model_copy(update={"modified_at": START})

    def worker() -> None:
        written = write(place, late)
        for thumbnail in written.thumbnails:
            place.bucket.put(thumbnail.key, b"picture", content_type="image/jpeg")

    gate = Gate(place, "dead_letters", worker)
    start(purge_of(place, gate))
    assert (ended(place).phase, gate.is_passed) == ("done", True)

    assert place.videos.get(old.key) is None
    assert leftovers(place) == []


def test_without_versions_another_content_uploaded_meanwhile_stays(place: Place) -> None:
    own = place.resources.bucket
    place.clients.s3.put_bucket_versioning(Bucket=own, VersioningConfiguration={"Status": "Suspended"})
    place.bucket.put("uploads/a.mp4", b"old", content_type="video/mp4")
    (seen,) = place.bucket.versions("uploads/")
    assert seen.version_id == "null"
    place.bucket.put("uploads/a.mp4", b"new", content_type="video/mp4")
    assert place.bucket.delete([seen]) == []
    assert place.bucket.read("uploads/a.mp4", 0, 3, etag=place.bucket.head("uploads/a.mp4").etag) == b"new"
    (seen,) = place.bucket.versions("uploads/")
    assert place.bucket.delete([seen]) == [seen]
    assert list(place.bucket.versions("")) == []


def test_a_claim_taken_by_an_upload_is_not_released(place: Place) -> None:
    removed = write(place, a_record("uploads/a.mp4"))
    place.videos.remove([removed])
    assert place.videos.claim_owner(removed.base) == PURGER
    owned = write(place, a_record("uploads/b.mp4"))

    place.videos.release([removed.base, owned.base, "thumbnails/nobody"])

    assert place.videos.claim_owner(removed.base) is None
    assert place.videos.claim_owner(owned.base) == owned.key
    assert [item["pk"] for item in place.videos.scan() if item["pk"].startswith(CLAIM_PREFIX)] == [
        CLAIM_PREFIX + owned.base
    ]
