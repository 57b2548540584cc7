"""Progress of a purge while it runs: what others see of it, and how large its requests are."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import pytest

from services.api.actions import purge_run
from services.aws.bucket import Bucket, ObjectVersion
from services.aws.errors import ServiceError, WriteConflictError
from services.aws.shared import Document, SharedItems
from services.aws.videos import VideosTable
from services.contract.records import VideoRecord, VideoState
from tests.model.stage import Stage
from tests.services.api.records import a_record, store, write
from tests.support.place import Place
from tests.support.purging import Gate, ended, job_in, purge_of, start
from tests.support.staged_purges import START, a_job, note_writes, old, put_job, run_of


def phases_of(writes: list[tuple[float, dict[str, Any]]]) -> list[str]:
    """Return the phases in their order, each visit once."""
    phases = [progress["phase"] for _, progress in writes]
    return [phase for before, phase in pairwise(["", *phases]) if phase != before]


def test_a_run_deletes_in_batches_and_writes_once_a_second(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: defaultdict[str, list[int]] = defaultdict(list)

    def limit(kind: type, name: str, limit_name: str) -> None:
        whole = getattr(kind, name)

        def note(own: Any, items: list[Any]) -> Any:
            sizes[name].append(len(items))
            return whole(own, items)

        monkeypatch.setattr(kind, name, note)
        monkeypatch.setattr(purge_run, limit_name, 2)

    limit(Bucket, "delete", "DELETE_AT_ONCE")
    limit(VideosTable, "remove", "REMOVE_AT_ONCE")
    limit(VideosTable, "release", "RELEASE_AT_ONCE")
    for number in range(3):
        store(stage.place, f"uploads/{number}.mp4")
    shared, writes = note_writes(stage)

    stage.play(run_of(stage, shared=shared).run)

    assert sizes == {"delete": [2, 1, 2, 2, 2, 2, 1], "remove": [2, 1], "release": [2, 1]}
    same_phase = [(first, second) for first, second in pairwise(writes) if first[1]["phase"] == second[1]["phase"]]
    assert all(second[0] - first[0] >= 1 for first, second in same_phase)
    progress = job_in(stage.place).progress
    assert (progress.deleted, progress.deleted_bytes, progress.records) == (12, 84, 3)


def test_pictures_that_a_worker_deletes_meanwhile_count_as_deleted(stage: Stage) -> None:
    for number in range(3):
        store(stage.place, f"uploads/{number}.mp4")
    bucket = stage.place.bucket
    followed = list(bucket.versions("thumbnails/0_"))
    job = a_job()
    job = job.model_copy(update={"progress": job.progress.model_copy(update={"total": 12})})
    run = run_of(stage, job)

    # A worker follows the deletion of the first upload.
    stage.play(lambda: bucket.delete(followed), run.run)

    assert len(followed) == 3
    assert job_in(stage.place).progress.deleted == 12


def slow_versions(stage: Stage, seconds: float) -> Callable[[Bucket, str], Iterator[ObjectVersion]]:
    """Return a list of versions that S3 answers late."""
    versions = Bucket.versions

    def list_late(bucket: Bucket, prefix: str) -> Iterator[ObjectVersion]:
        stage.sleep(seconds)
        yield from versions(bucket, prefix)

    return list_late


@pytest.mark.parametrize("is_failing", [False, True])
def test_a_run_writes_every_three_seconds_of_a_long_call(stage: Stage, *, is_failing: bool) -> None:
    shared, writes = note_writes(stage)
    write_item = type(shared).write

    def fail_once(own: SharedItems, key: str, before: Document, content: Any) -> Document:
        written = write_item(own, key, before, content)
        if is_failing and len(writes) == 3:
            raise ServiceError("the table does not answer")
        return written

    with patch.object(Bucket, "versions", slow_versions(stage, 20)), patch.object(type(shared), "write", fail_once):
        stage.play(run_of(stage, shared=shared).run)

    assert stage.now_s > 40
    assert max(later - sooner for (sooner, _), (later, _) in pairwise(writes)) <= 3.2
    assert job_in(stage.place).progress.phase == "done"


def test_a_run_that_is_taken_over_in_a_long_call_stops(stage: Stage) -> None:
    def take_over() -> None:
        stage.sleep(5)
        put_job(stage.place, a_job(owner="run-9"))

    with patch.object(Bucket, "versions", slow_versions(stage, 20)):
        stage.play(run_of(stage).run, take_over)

    assert (job_in(stage.place).owner, job_in(stage.place).progress.phase) == ("run-9", "uploads")


def test_a_run_shows_how_many_workers_it_waits_for(stage: Stage) -> None:
    busy = [write(stage.place, old(a_record(f"uploads/{n}.mp4", VideoState.PROCESSING))) for n in range(2)]
    shared, writes = note_writes(stage)

    def finish() -> None:
        for record in busy:
            stage.sleep(5)
            marked = stage.place.videos.get(record.key)
            assert marked is not None
            assert marked.purged_at is not None
            assert timedelta() <= marked.purged_at - START <= timedelta(seconds=5)
            done = a_record(record.key).model_copy(
                update={name: getattr(marked, name) for name in ("purged_at", "revision", "modified_at")}
            )
            stage.place.videos.replace(marked, done)

    stage.play(run_of(stage, shared=shared).run, finish)

    shown = [progress["in_work"] for _, progress in writes]
    assert [count for before, count in pairwise([0, *shown]) if count != before] == [2, 1, 0]


def test_a_record_of_a_present_upload_is_not_late(stage: Stage) -> None:
    kept = store(stage.place, "uploads/kept.mp4")
    shared, writes = note_writes(stage)

    stage.play(run_of(stage, a_job(cutoff=START - timedelta(hours=1)), shared=shared).run)

    assert phases_of(writes) == ["uploads", "records", "thumbnails", "dead_letters", "done"]
    assert stage.place.videos.get(kept.key) == kept


def test_a_record_that_ends_as_it_is_marked_is_removed(stage: Stage) -> None:
    busy = write(stage.place, old(a_record("uploads/busy.mp4", VideoState.PROCESSING)))
    replace = VideosTable.replace
    finished: list[VideoRecord] = []

    def finish_before(videos: VideosTable, before: VideoRecord, after: VideoRecord, **options: bool) -> VideoRecord:
        if not finished:
            finished.append(replace(videos, before, old(a_record(before.key))))
        return replace(videos, before, after, **options)

    with patch.object(VideosTable, "replace", finish_before):
        stage.play(run_of(stage).run)

    assert (len(finished), job_in(stage.place).progress.phase) == (1, "done")
    assert stage.place.videos.get(busy.key) is None


def test_a_run_ends_though_a_record_always_changes(stage: Stage) -> None:
    busy = write(stage.place, old(a_record("uploads/busy.mp4", VideoState.PROCESSING)))

    def conflict(*_: object) -> None:
        raise WriteConflictError("a worker has just written it")

    with patch.object(VideosTable, "remove", conflict):
        stage.play(run_of(stage).run)

    assert job_in(stage.place).progress.phase == "done"
    assert stage.place.videos.get(busy.key) is not None


@pytest.mark.parametrize("is_renewed", [True, False])
def test_a_record_changed_while_a_run_fails_stays(stage: Stage, *, is_renewed: bool) -> None:
    videos = stage.place.videos
    busy = write(stage.place, old(a_record("uploads/busy.mp4", VideoState.PROCESSING)))
    own = run_of(stage)
    look = own._is_in_progress  # noqa: SLF001 - the last moment before the run gives the record up
    changed: list[VideoRecord] = []

    def change_after(key: str) -> bool:
        is_busy = look(key)
        record = videos.get(key)
        if stage.now_s > 300 and record is not None and not changed:
            changed.append(record)
            videos.remove([record])
            if is_renewed:
                videos.release([record.base])
                write(stage.place, record.model_copy(update={"purged_at": None, "modified_at": START + timedelta(1)}))
        return is_busy

    with patch.object(own, "_is_in_progress", change_after):
        stage.play(own.run)

    assert (len(changed), job_in(stage.place).progress.phase) == (1, "done")
    assert (videos.get(busy.key) is not None) is is_renewed


def test_a_picture_of_the_second_of_the_cutoff_stays(stage: Stage) -> None:
    stage.place.bucket.put("thumbnails/nobody_1.jpg", b"picture", content_type="image/jpeg")
    cutoff = stage.place.bucket.head("thumbnails/nobody_1.jpg").modified_at

    stage.play(run_of(stage, a_job(cutoff=cutoff)).run)

    assert len(list(stage.place.bucket.list("thumbnails/"))) == 1


def test_purge_threads_have_names_and_end_with_their_process(place: Place) -> None:
    threads: dict[str, bool] = {}
    gate = Gate(place, "records", lambda: threads.update({one.name: one.daemon for one in threading.enumerate()}))
    own = purge_of(place, gate)

    own.watch()
    start(own)
    ended(place)
    own.close()

    assert [threads.get(name) for name in ("purge", "purge-heartbeat", "purge-watch")] == [True] * 3
