"""The count and the start of a purge, on a virtual clock."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from services.api.actions import purge
from services.api.schema.problems import ConflictError, UnconfirmedError
from services.aws.bucket import Bucket, ObjectVersion
from services.aws.errors import ServiceError, WriteConflictError
from services.aws.shared import Document, SharedItems
from services.contract.resources import PURGE_KEY
from tests.model.simulation import START_S
from tests.model.stage import Stage
from tests.services.api.records import a_record, store, write
from tests.support.purging import job_in, purge_of
from tests.support.staged_purges import START, a_job, ask, begin, old, put_job


def test_a_count_names_all_that_a_purge_deletes(stage: Stage) -> None:
    for number in range(2):
        store(stage.place, f"uploads/{number}.mp4")
    write(stage.place, old(a_record("uploads/gone.mp4")))
    stage.place.bucket.put("elsewhere/a.mp4", b"other", content_type="video/mp4")

    preview = ask(stage, purge_of(stage.place).preview)

    counted = preview.model_dump(exclude={"confirmation", "confirmation_until"})
    assert counted == {
        "videos": 2,
        "thumbnails": 6,
        "objects": 8,
        "bytes": 8 * 7,
        "records": 3,
        "is_complete": True,
        "last": None,
    }
    assert timedelta(seconds=60) <= preview.confirmation_until - START <= timedelta(seconds=65)


@pytest.mark.parametrize(("most", "objects", "is_complete"), [(8, 8, True), (5, 5, False)])
def test_a_count_ends_at_its_maximum(stage: Stage, most: int, objects: int, *, is_complete: bool) -> None:
    for number in range(2):
        store(stage.place, f"uploads/{number}.mp4")
    listed: list[ObjectVersion] = []
    versions = Bucket.versions

    def note(bucket: Bucket, prefix: str) -> Iterator[ObjectVersion]:
        for version in versions(bucket, prefix):
            listed.append(version)
            yield version

    with patch.object(purge, "MAX_COUNTED", most), patch.object(Bucket, "versions", note):
        preview = ask(stage, purge_of(stage.place).preview)

    assert (preview.objects, preview.is_complete) == (objects, is_complete)
    # One more shows that the count is not complete.
    assert len(listed) == min(most + 1, 8)


def test_a_count_shows_the_last_purge(stage: Stage) -> None:
    put_job(stage.place, a_job("purge-7"))

    preview = ask(stage, purge_of(stage.place).preview)

    assert preview.last is not None
    assert preview.last.id == "purge-7"


def test_a_count_leaves_out_delete_markers_and_later_objects(stage: Stage) -> None:
    place = stage.place
    place.clients.s3.put_bucket_versioning(Bucket=place.bucket.name, VersioningConfiguration={"Status": "Enabled"})
    store(place, "uploads/a.mp4")
    place.clients.s3.delete_object(Bucket=place.bucket.name, Key="uploads/a.mp4")
    own = purge_of(place)

    def count() -> Any:
        wait = own._wait_for_cutoff  # noqa: SLF001 - what arrives just after the cutoff

        def arrive() -> datetime:
            cutoff = wait()
            place.bucket.put("uploads/late.mp4", b"late", content_type="video/mp4")
            return cutoff

        with patch.object(own, "_wait_for_cutoff", arrive):
            return own.preview()

    preview = ask(stage, count)

    assert (preview.videos, preview.thumbnails, preview.objects) == (1, 3, 5)


def test_a_cutoff_is_the_next_second_of_s3(stage: Stage) -> None:
    cutoff = ask(stage, purge_of(stage.place)._wait_for_cutoff)  # noqa: SLF001 - one step

    assert cutoff == START + timedelta(seconds=1)
    assert 1 <= stage.now_s < 1.3


def test_a_clock_of_s3_that_stands_still_is_an_error(stage: Stage) -> None:
    with patch.object(Bucket, "clock", lambda _: START), pytest.raises(ServiceError, match="S3's clock does not move"):
        ask(stage, purge_of(stage.place).preview)

    assert 10 <= stage.now_s <= 11


def test_a_running_purge_refuses_another(stage: Stage) -> None:
    put_job(stage.place, a_job())

    with pytest.raises(ConflictError, match="A purge is running"):
        begin(stage)


def test_a_start_that_loses_every_race_is_refused(stage: Stage) -> None:
    class Rivalry(SharedItems):
        writes = 0

        def write(self, key: str, before: Document, content: Any) -> Document:
            if key == PURGE_KEY:
                self.writes += 1
                raise WriteConflictError("another process has just started one")
            return super().write(key, before, content)

    shared = Rivalry(stage.place.clients.dynamodb, stage.place.resources.table.name)

    with pytest.raises(ConflictError, match="Another purge has just started"):
        begin(stage, purge_of(stage.place, shared=shared))

    assert shared.writes == 2


def test_a_start_names_what_was_counted(stage: Stage) -> None:
    store(stage.place, "uploads/a.mp4")
    changes: list[float] = []

    progress = begin(stage, purge_of(stage.place, lambda: changes.append(stage.now_s)))

    begun = progress.model_dump(exclude={"id", "started_at", "finished_at", "error"})
    assert begun == {
        "running": True,
        "phase": "uploads",
        "deleted": 0,
        "total": 4,
        "deleted_bytes": 0,
        "records": 0,
        "in_work": 0,
    }
    assert len(changes) > 5
    ended = job_in(stage.place).progress
    assert (ended.phase, ended.deleted, ended.deleted_bytes, ended.records, ended.running) == ("done", 4, 28, 1, False)
    assert (ended.in_work, ended.error) == (0, None)
    assert ended.finished_at is not None


def test_used_confirmations_are_kept_while_they_may_be_valid(stage: Stage) -> None:
    now_s = START_S
    put_job(
        stage.place,
        a_job(
            progress=a_job().progress.model_copy(update={"running": False, "phase": "done"}),
            used={"old": now_s - 70, "recent": now_s - 50, "valid": now_s + 30},
        ),
    )

    progress = begin(stage)

    assert set(job_in(stage.place).used) == {"recent", "valid", progress.id}


def test_a_used_confirmation_is_refused(stage: Stage) -> None:
    own = purge_of(stage.place)

    def twice() -> None:
        confirmation = own.preview().confirmation
        identity = own.start(confirmation)[0].id
        stage.sleep(5)
        job = job_in(stage.place)
        put_job(stage.place, job.model_copy(update={"progress": job.progress.model_copy(update={"id": "later"})}))
        assert identity in job.used
        own.start(confirmation)

    with pytest.raises(UnconfirmedError, match="used already"):
        stage.play(twice)
