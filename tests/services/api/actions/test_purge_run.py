"""A run of a purge over minutes of a virtual clock: while AWS fails, and while workers are busy."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import pytest

from services.api.actions.dead_letters import DeadLetterStore
from services.api.actions.purge_run import MAX_ATTEMPTS
from services.aws.bucket import Bucket
from services.aws.errors import ServiceError, WriteConflictError
from services.aws.shared import Document, SharedItems
from services.aws.videos import VideosTable
from services.contract.records import VideoRecord, VideoState
from services.contract.resources import CLAIM_PREFIX, PURGE_KEY, RESERVATION_PREFIX
from tests.model.simulation import START_S
from tests.model.stage import Stage
from tests.services.api.records import a_record, store, write
from tests.support.processing import list_frames, put_frames
from tests.support.purging import job_in, shared_items
from tests.support.staged_purges import START, a_job, note_writes, old, run_of


def test_a_run_pauses_longer_after_each_error_and_gives_up(stage: Stage) -> None:
    tries_s: list[float] = []

    def fail(*_: object) -> None:
        tries_s.append(stage.now_s)
        raise ServiceError("S3 does not answer")

    with patch.object(Bucket, "versions", fail):
        stage.play(run_of(stage).run)

    pauses = [round(later - sooner, 1) for sooner, later in pairwise(tries_s)]
    assert len(tries_s) == MAX_ATTEMPTS
    assert pauses[:6] == pytest.approx([1, 2, 4, 8, 16, 30], abs=0.2)
    assert max(pauses) <= 30.2
    progress = job_in(stage.place).progress
    assert (progress.phase, progress.running, progress.error) == ("failed", False, "S3 does not answer")
    assert progress.finished_at is not None


def test_a_run_that_cannot_wait_for_workers_gives_up(stage: Stage) -> None:
    write(stage.place, old(a_record("uploads/busy.mp4", VideoState.PROCESSING)))

    def fail(*_: object) -> None:
        raise ServiceError("DynamoDB does not answer")

    with patch.object(VideosTable, "get", fail):
        stage.play(run_of(stage).run)

    assert (job_in(stage.place).progress.phase, job_in(stage.place).attempts) == ("failed", MAX_ATTEMPTS)


def test_a_bug_ends_a_run_as_failed(stage: Stage) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    with patch.object(Bucket, "versions", fail):
        stage.play(run_of(stage).run)

    progress = job_in(stage.place).progress
    assert (progress.phase, progress.running) == ("failed", False)
    assert progress.error == "An unexpected error happened. The log of the api shows it."


@pytest.mark.parametrize(
    ("phase", "left"),
    [("uploads", []), ("records", ["uploads"]), ("in_work", ["uploads"]), ("thumbnails", ["uploads"])],
)
def test_a_run_continues_from_its_phase(stage: Stage, phase: str, left: list[str]) -> None:
    store(stage.place, "uploads/a.mp4")
    write(stage.place, old(a_record("uploads/gone.mp4")))
    put_frames(stage.place, "uploads/gone.mp4")
    progress = a_job().progress.model_copy(update={"phase": phase})

    stage.play(run_of(stage, a_job(progress=progress, attempts=3)).run)

    kept = {info.key.partition("/")[0] for info in stage.place.bucket.list("uploads/")}
    assert sorted(kept) == left
    # What a phase left out is found as late, and the attempts count from one again in the next phase.
    assert stage.place.videos.get("uploads/gone.mp4") is None
    assert list_frames(stage.place) == set()
    assert (job_in(stage.place).progress.phase, job_in(stage.place).attempts) == ("done", 1)


@pytest.mark.parametrize("failing", [(Bucket, "delete"), (VideosTable, "release")])
def test_an_interrupted_removal_of_late_records_is_finished(stage: Stage, failing: tuple[type, str]) -> None:
    place = stage.place
    late = old(a_record("uploads/late.mp4"))
    work = getattr(*failing)
    written: list[VideoRecord] = []

    def store_late(*_: object) -> None:
        if not written:
            written.append(write(place, late))
            place.bucket.put(late.thumbnails[0].key, b"picture", content_type="image/jpeg")

    def fail_once(own: Any, *what: Any) -> Any:
        if len(written) == 1:
            written.append(late)
            raise ServiceError("AWS does not answer")
        return work(own, *what)

    with patch.object(DeadLetterStore, "discard", store_late), patch.object(*failing, fail_once):
        stage.play(run_of(stage).run)

    assert (job_in(place).progress.phase, len(written)) == ("done", 2)
    assert place.videos.get(late.key) is None
    assert place.videos.claim_owner(late.base) is None
    assert list(place.bucket.list("thumbnails/")) == []


def test_a_record_that_is_written_while_totals_are_corrected_is_removed(stage: Stage) -> None:
    late = old(a_record("uploads/late.mp4"))
    count = VideosTable.counters
    written: list[VideoRecord] = []

    def store_late(videos: VideosTable) -> dict[str, int]:
        if not written:
            written.append(write(stage.place, late))
        return count(videos)

    with patch.object(VideosTable, "counters", store_late):
        stage.play(run_of(stage).run)

    assert (job_in(stage.place).progress.phase, len(written)) == ("done", 1)
    assert stage.place.videos.get(late.key) is None
    assert stage.place.videos.claim_owner(late.base) is None


def test_a_run_waits_for_a_worker_and_takes_its_result(stage: Stage) -> None:
    busy = write(stage.place, old(a_record("uploads/busy.mp4", VideoState.PROCESSING)))
    shared, writes = note_writes(stage)

    def finish() -> None:
        stage.sleep(20)
        marked = stage.place.videos.get(busy.key)
        assert marked is not None
        assert marked.purged_at is not None
        done = a_record(busy.key).model_copy(
            update={"purged_at": marked.purged_at, "revision": marked.revision, "modified_at": busy.modified_at}
        )
        stage.place.videos.replace(marked, done)
        stage.place.bucket.put(done.thumbnails[0].key, b"picture", content_type="image/jpeg")

    stage.play(run_of(stage, shared=shared).run, finish)

    assert next(progress["in_work"] for _, progress in writes if progress["phase"] == "in_work") == 1
    assert 20 <= stage.now_s <= 25
    assert stage.place.videos.get(busy.key) is None
    assert list(stage.place.bucket.list("thumbnails/")) == []
    assert [item["pk"] for item in stage.place.videos.scan() if item["pk"].startswith(CLAIM_PREFIX)] == []
    waiting = [at_s for at_s, progress in writes if progress["phase"] == "in_work"]
    # It is alive for others by a write at least every three seconds, and writes at most once a second.
    pauses = [later - sooner for sooner, later in pairwise(waiting)]
    assert max(pauses) <= 3.1
    assert min(pauses[1:]) >= 0.9


def test_a_run_gives_up_a_worker_after_five_minutes(stage: Stage) -> None:
    busy = write(stage.place, old(a_record("uploads/busy.mp4", VideoState.PROCESSING)))

    stage.play(run_of(stage).run)

    assert stage.place.videos.get(busy.key) is None
    assert 300 <= stage.now_s <= 310
    assert job_in(stage.place).progress.phase == "done"
    assert stage.place.videos.totals()["videos_processing"] == 0


def test_a_run_keeps_what_is_newer_than_its_cutoff(stage: Stage) -> None:
    place = stage.place
    job = a_job(cutoff=START - timedelta(hours=1))
    kept = store(place, "uploads/kept.mp4")
    edge = write(place, a_record("uploads/edge.mp4").model_copy(update={"modified_at": job.cutoff}))
    unknown = write(place, a_record("uploads/unknown.mp4").model_copy(update={"queued_at": job.cutoff}))
    gone = write(place, a_record("uploads/gone.mp4"))
    place.bucket.put("thumbnails/nobody_1.jpg", b"picture", content_type="image/jpeg")

    stage.play(run_of(stage, job).run)

    assert place.videos.get(kept.key) == kept
    assert (place.videos.get(edge.key), place.videos.get(unknown.key)) == (edge, unknown)
    assert place.videos.get(gone.key) is None
    assert place.bucket.head("thumbnails/nobody_1.jpg").size_bytes == 7
    assert place.videos.totals()["videos_done"] == 3


def test_a_run_deletes_pictures_that_no_record_owns(stage: Stage) -> None:
    place = stage.place
    owned = write(place, a_record("uploads/owned.mp4").model_copy(update={"modified_at": START + timedelta(days=1)}))
    stray = ["thumbnails/nobody_1.jpg", "thumbnails/readme.txt"]
    for key in [owned.thumbnails[0].key, "thumbnails/lost_1.jpg", *stray]:
        place.bucket.put(key, b"picture", content_type="image/jpeg")
    # A claim whose upload has no record: its worker has died before its first write.
    claim: Any = {"pk": {"S": f"{CLAIM_PREFIX}thumbnails/lost"}, "upload": {"S": "uploads/lost.mp4"}}
    place.clients.dynamodb.put_item(TableName=place.resources.table.name, Item=claim)

    stage.play(run_of(stage).run)

    assert [info.key for info in place.bucket.list("thumbnails/")] == [owned.thumbnails[0].key]
    assert place.videos.claim_owner(owned.base) == owned.key
    assert place.videos.claim_owner("thumbnails/lost") is None
    progress = job_in(place).progress
    assert (progress.deleted, progress.deleted_bytes) == (3, 21)


def test_a_picture_of_a_seized_name_goes_whatever_its_time(stage: Stage) -> None:
    place = stage.place
    removed = write(place, old(a_record("uploads/gone.mp4")))
    job = a_job(cutoff=START - timedelta(minutes=30))
    for base in (removed.base, "thumbnails/nobody"):
        place.bucket.put(f"{base}_1.jpg", b"picture", content_type="image/jpeg")

    stage.play(run_of(stage, job).run)

    assert [info.key for info in place.bucket.list("thumbnails/")] == ["thumbnails/nobody_1.jpg"]


def test_a_run_removes_expired_reservations_only(stage: Stage) -> None:
    shared = shared_items(stage.place)
    shared.reserve("uploads/expired.mp4", now_s=START_S - 100, until_s=START_S - 1)
    shared.reserve("uploads/valid.mp4", now_s=START_S - 100, until_s=START_S + 1000)

    stage.play(run_of(stage).run)

    left = [item["pk"] for item in stage.place.videos.scan() if item["pk"].startswith(RESERVATION_PREFIX)]
    assert left == [f"{RESERVATION_PREFIX}uploads/valid.mp4"]


def test_a_run_without_records_left_zeroes_wrong_totals(stage: Stage) -> None:
    videos = stage.place.videos
    videos.correct(videos.counters(), {"videos_done": 5})

    stage.play(run_of(stage).run)

    assert not any(videos.totals().values())


def test_a_run_leaves_the_totals_while_a_record_is_left(stage: Stage) -> None:
    place = stage.place
    kept = store(place, "uploads/kept.mp4")
    place.videos.correct(place.videos.counters(), {"videos_done": 5})

    stage.play(run_of(stage, a_job(cutoff=START - timedelta(days=1))).run)

    assert place.videos.totals()["videos_done"] == 5
    assert place.videos.get(kept.key) == kept


@pytest.mark.parametrize("count", [2, 4])
def test_a_conflict_in_a_batch_keeps_only_the_changed_record(stage: Stage, count: int) -> None:
    records = [write(stage.place, old(a_record(f"uploads/{number}.mp4"))) for number in range(count)]
    remove = VideosTable.remove

    def change_one(videos: VideosTable, batch: list[VideoRecord]) -> None:
        if any(record.key == records[1].key for record in batch):
            raise WriteConflictError("a worker has just written it")
        remove(videos, batch)

    with patch.object(VideosTable, "remove", change_one):
        stage.play(run_of(stage, a_job())._remove_ended)  # noqa: SLF001 - one step

    assert [record.key for record in records if stage.place.videos.get(record.key)] == [records[1].key]


@pytest.mark.parametrize("is_running", [True, False])
def test_a_lost_answer_about_progress_is_no_takeover(stage: Stage, *, is_running: bool) -> None:
    class Lossy(SharedItems):
        is_lossy = True

        def write(self, key: str, before: Document, content: Any) -> Document:
            written = super().write(key, before, content)
            if key == PURGE_KEY and self.is_lossy and content["progress"]["running"] is is_running:
                self.is_lossy = False
                # botocore sends the write again, which then conflicts with itself.
                raise WriteConflictError("it has changed")
            return written

    store(stage.place, "uploads/a.mp4")
    own = run_of(stage)
    own._context = replace(own._context, shared=Lossy(stage.place.clients.dynamodb, stage.place.resources.table.name))  # noqa: SLF001 - as above

    stage.play(own.run)

    assert (job_in(stage.place).progress.phase, job_in(stage.place).owner) == ("done", "run-0")


def test_a_run_whose_end_cannot_be_written_leaves_its_phase(stage: Stage) -> None:
    own = run_of(stage)
    write_item = SharedItems.write

    def fail_at_the_end(shared: SharedItems, key: str, before: Document, content: Any) -> Document:
        if not content["progress"]["running"]:
            raise ServiceError("it does not answer")
        return write_item(shared, key, before, content)

    with patch.object(SharedItems, "write", fail_at_the_end):
        stage.play(own.run)

    assert (job_in(stage.place).progress.running, job_in(stage.place).progress.phase) == (True, "dead_letters")
