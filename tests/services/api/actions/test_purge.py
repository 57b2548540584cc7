"""The purge: its confirmation, what it leaves alone, and that another process continues it."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.api.access.secret_key import SecretKey
from services.api.actions.confirmations import Confirmations
from services.api.actions.dead_letters import DeadLetterStore
from services.api.actions.purge import Purge
from services.api.actions.purge_job import PurgeJob, read_job
from services.api.actions.purge_run import MAX_ATTEMPTS, PurgeContext
from services.api.schema.models import PurgeProgress
from services.api.schema.problems import UnconfirmedError
from services.aws.bucket import Bucket
from services.aws.errors import ServiceError
from services.aws.shared import SharedItems
from services.aws.videos import VideosTable
from services.contract.events import UploadEvent, make_notification_body
from services.contract.records import VideoState
from services.contract.resources import CLAIM_PREFIX, PURGE_KEY, PURGER
from services.worker.process import Skipped, Stored
from tests.services.api.actions.test_actions import HeldSandbox, Work, leftovers, purge, purge_until_done
from tests.services.api.process import Api, running
from tests.services.api.records import START, a_record, store, write
from tests.support.driver import eventually
from tests.support.place import Place

PHASES = ("uploads", "records", "thumbnails", "dead_letters")


def shared_items(place: Place) -> SharedItems:
    return SharedItems(place.clients.dynamodb, place.resources.table.name)


def job_in(place: Place) -> PurgeJob:
    job = read_job(shared_items(place).document(PURGE_KEY))
    assert job is not None
    return job


class Gate:
    """Call a function in the purge's thread when a phase is stored for the first time, before its work begins."""

    def __init__(self, place: Place, phase: str, action: Callable[[], None]) -> None:
        self.place, self.phase, self.action = place, phase, action
        self.is_passed = False

    def __call__(self) -> None:
        is_run = threading.current_thread().name == "purge"
        if is_run and not self.is_passed and job_in(self.place).progress.phase == self.phase:
            self.is_passed = True
            self.action()


def purge_of(place: Place, changed: Callable[[], None] = lambda: None, **parts: object) -> Purge:
    made = PurgeContext(
        place.bucket,
        place.videos,
        shared_items(place),
        DeadLetterStore(place.queue, place.dead_letters),
        "thumbnails/",
        changed,
    )
    own = replace(made, **parts)  # type: ignore[arg-type]
    return Purge(own, own, Confirmations(SecretKey(shared_items(place))))


def start(own: Purge) -> PurgeProgress:
    return own.start(own.preview().confirmation)[1]


def ended(place: Place) -> PurgeProgress:
    def look() -> PurgeProgress | None:
        progress = job_in(place).progress
        return None if progress.running else progress

    return eventually(look, "the end of the purge")


def with_versions(place: Place) -> None:
    place.clients.s3.put_bucket_versioning(Bucket=place.resources.bucket, VersioningConfiguration={"Status": "Enabled"})


def missing_pictures(place: Place) -> list[str]:
    """Thumbnails that a record names and the bucket does not have, and thumbnails that no record names."""
    records = [place.videos.get(item["pk"]) for item in place.videos.scan() if item["pk"].startswith("uploads/")]
    named = {thumbnail.key for record in records if record for thumbnail in record.thumbnails}
    stored = {info.key for info in place.bucket.list("thumbnails/") if info.key.endswith(".jpg")}
    return sorted(named ^ {key for key in stored if "_storyboard" not in key})


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


def test_a_confirmation_serves_one_purge(place: Place, own_api: Api) -> None:
    store(place, "uploads/a.mp4")
    with own_api.client() as client:
        first, second = (client.get("/api/purge").json()["confirmation"] for _ in range(2))
        begun = [client.delete("/api/purge", params={"confirmation": first}).json() for _ in range(2)]
        assert begun[0]["progress"]["id"] == begun[1]["progress"]["id"]
        purge_until_done(client)
        again = client.delete("/api/purge", params={"confirmation": first}).json()
        assert (again["progress"]["id"], again["progress"]["phase"]) == (begun[0]["progress"]["id"], "done")

        other = client.delete("/api/purge", params={"confirmation": second})
        assert other.status_code == 202
        purge_until_done(client)
        refused = client.delete("/api/purge", params={"confirmation": first})
        assert (refused.status_code, "used" in refused.json()["detail"]) == (428, True)


def test_all_processes_accept_each_others_confirmations_and_no_other_pipeline_does(
    place: Place, shared_place: Place
) -> None:
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
    letter = UploadEvent(
        name="ObjectCreated:Put", time=datetime.now(UTC), bucket=place.resources.bucket, key="uploads/new.mp4"
    )
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
def test_the_same_content_uploaded_during_a_purge_keeps_its_thumbnails(place: Place, phase: str, worker: str) -> None:
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
        place.videos.replace(record, record.model_copy(update={"settings_hash": work.processor._settings_hash}))  # noqa: SLF001
    work.start()
    work.join()
    assert isinstance(work.result, (Stored, Skipped))


class RivalTable(VideosTable):
    """A table in which a worker writes a record of the new upload just before the purge removes the old one."""

    def __init__(self, place: Place, key: str) -> None:
        super().__init__(place.clients.dynamodb, place.resources.table.name)
        self.place, self.key, self.has_written = place, key, False

    def remove(self, records: object) -> None:
        if not self.has_written:
            self.has_written = True
            self.place.bucket.put(self.key, b"a video", content_type="video/mp4")
            before = self.get(self.key)
            assert before is not None
            now = self.place.bucket.head(self.key).modified_at
            self.replace(before, before.model_copy(update={"modified_at": now, "version_id": "new"}))
        super().remove(records)  # type: ignore[arg-type]


def test_a_record_written_again_before_its_removal_stays_with_its_thumbnails(place: Place) -> None:
    with_versions(place)
    kept, *_ = [store(place, f"uploads/{number}.mp4") for number in range(3)]

    start(purge_of(place, videos=RivalTable(place, kept.key)))
    assert ended(place).phase == "done"

    record = place.videos.get(kept.key)
    assert record is not None
    assert record.version_id == "new"
    assert [info.key for info in place.bucket.list("uploads/")] == [kept.key]
    assert [info.key for info in place.bucket.list("thumbnails/")] == [one.key for one in kept.thumbnails]


def test_a_record_begun_just_as_its_upload_was_deleted_goes_too(place: Place) -> None:
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


class DiesError(BaseException):
    """The death of the process that runs the purge: nothing catches it, and nothing is written any more."""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("phase", PHASES)
def test_a_purge_that_died_in_any_phase_is_continued_to_its_end(place: Place, phase: str) -> None:
    for number in range(3):
        store(place, f"uploads/{number}.mp4")
    write(place, a_record("uploads/orphan.mp4", base="thumbnails/orphan"))

    def die() -> None:
        raise DiesError

    dying = purge_of(place, Gate(place, phase, die))
    identity = start(dying).id
    assert dying._thread is not None  # noqa: SLF001
    dying._thread.join()  # noqa: SLF001
    assert (job_in(place).progress.running, job_in(place).progress.phase) == (True, phase)

    document = shared_items(place).document(PURGE_KEY)
    heirs = [purge_of(place), purge_of(place)]
    for heir in heirs:
        heir.take_over(document, job_in(place))

    assert sum(heir._thread is not None for heir in heirs) == 1  # noqa: SLF001
    done = ended(place)
    assert (done.id, done.phase, done.deleted, done.records) == (identity, "done", 12, 4)
    assert leftovers(place) == []


def test_a_run_that_was_taken_over_stops(place: Place) -> None:
    store(place, "uploads/a.mp4")
    heir = purge_of(place)
    own: list[str] = []

    def take_over() -> None:
        heir.take_over(shared_items(place).document(PURGE_KEY), job_in(place))
        eventually(lambda: not job_in(place).progress.running, "the end of the heir's run")
        own.append(job_in(place).owner)

    stalled = purge_of(place, Gate(place, "records", take_over))
    start(stalled)
    assert stalled._thread is not None  # noqa: SLF001
    stalled._thread.join()  # noqa: SLF001

    assert [job_in(place).owner] == own
    assert job_in(place).progress.phase == "done"


def test_a_purge_that_always_dies_is_given_up(place: Place) -> None:
    start(purge_of(place))
    ended(place)
    job = job_in(place)
    progress = job.progress.model_copy(update={"running": True, "phase": "records", "finished_at": None})
    job = job.model_copy(update={"progress": progress, "attempts": MAX_ATTEMPTS})
    shared = shared_items(place)
    written = shared.write(PURGE_KEY, shared.document(PURGE_KEY), job.model_dump(mode="json"))

    purge_of(place).take_over(written, job)

    assert (job_in(place).progress.phase, job_in(place).progress.running) == ("failed", False)


class FailingBucket(Bucket):
    """A bucket that fails the first times that something is deleted."""

    failures = 2

    def delete(self, versions: object) -> object:  # type: ignore[override]
        if self.failures > 0:
            self.failures -= 1
            raise ServiceError("S3 does not answer")
        return super().delete(versions)  # type: ignore[arg-type]


def test_a_purge_goes_on_after_aws_has_failed(place: Place) -> None:
    store(place, "uploads/a.mp4")
    start(purge_of(place, bucket=FailingBucket(place.clients.s3, place.resources.bucket)))
    assert ended(place).phase == "done"
    assert leftovers(place) == []


def test_a_killed_api_is_followed_by_another_that_ends_its_purge(place: Place, tmp_path: Path) -> None:
    for number in range(60):
        store(place, f"uploads/{number}.mp4")
    place.bucket.put("uploads/busy.mp4", b"a video", content_type="video/mp4")
    held = HeldSandbox()
    work = Work(place, "uploads/busy.mp4", held)
    work.start()
    try:
        assert held.begun.wait(60)
        with running(place, tmp_path) as first, first.client() as client:
            identity = purge(client).json()["progress"]["id"]
            eventually(lambda: job_in(place).progress.phase == "in_work", "the wait for the worker")
            first.kill()
    finally:
        held.may_end.set()
        work.join()
    assert work.result == Skipped("purged")
    assert len(leftovers(place)) > 180

    with running(place, tmp_path) as second, second.client() as client:
        shown = client.get("/api/purge").json()["last"]
        assert shown["id"] == identity
        last = purge_until_done(client)
        assert (last["id"], last["phase"], last["records"]) == (identity, "done", 61)
    assert leftovers(place) == []


def test_a_claim_that_an_upload_has_taken_meanwhile_is_not_released(place: Place) -> None:
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
