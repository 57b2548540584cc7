"""A purge whose process has ended or is slow, and the processes that watch it, on a virtual clock."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest

from services.api.actions import purge_run
from services.api.actions.purge_job import dump_job
from services.api.actions.purge_run import MAX_ATTEMPTS, PurgeRun
from services.aws.bucket import Bucket, ObjectVersion
from services.aws.errors import ServiceError
from services.aws.shared import Document, SharedItems
from services.contract.resources import PURGE_KEY, PURGER
from tests.model.stage import Stage
from tests.services.api.records import a_record, store, write
from tests.support.purging import job_in, purge_of, shared_items
from tests.support.staged_purges import a_job, old, put_job, run_of


def test_a_silent_purge_is_continued_by_another_process(stage: Stage) -> None:
    store(stage.place, "uploads/a.mp4")
    put_job(stage.place, a_job())
    heir = purge_of(stage.place)
    ended_s: list[float] = []

    def wait() -> None:
        while job_in(stage.place).progress.running:
            stage.sleep(0.5)
        ended_s.append(stage.now_s)
        heir.close()

    stage.play(heir.watch, wait)

    job = job_in(stage.place)
    assert (job.progress.phase, job.owner != "run-0", job.progress.id) == ("done", True, "purge-0")
    # The process reads the document after three seconds, and waits from then on.
    assert 18 <= ended_s[0] <= 22


def test_a_purge_that_writes_is_not_taken_over(stage: Stage) -> None:
    document = [put_job(stage.place, a_job())]
    heir = purge_of(stage.place)

    def beat() -> None:
        for _ in range(10):
            stage.sleep(5)
            document[0] = shared_items(stage.place).write(PURGE_KEY, document[0], dump_job(a_job()))
        heir.close()

    stage.play(heir.watch, beat)

    assert job_in(stage.place).owner == "run-0"


def test_an_ended_purge_is_left_alone(stage: Stage) -> None:
    done = a_job(progress=a_job().progress.model_copy(update={"running": False, "phase": "done"}))
    put_job(stage.place, done)
    heir = purge_of(stage.place)

    def close() -> None:
        stage.sleep(60)
        heir.close()

    stage.play(heir.watch, close)

    assert job_in(stage.place) == done


def test_a_watch_goes_on_after_the_table_was_silent(stage: Stage) -> None:
    put_job(stage.place, a_job())
    heir = purge_of(stage.place)
    read = SharedItems.document
    failures = [True] * 2

    def fail_twice(shared: SharedItems, key: str) -> Document:
        if failures:
            failures.pop()
            raise ServiceError("it does not answer")
        return read(shared, key)

    def close() -> None:
        stage.sleep(60)
        heir.close()

    with patch.object(SharedItems, "document", fail_twice):
        stage.play(heir.watch, close)

    assert job_in(stage.place).progress.phase == "done"


@pytest.mark.parametrize(("attempts", "phase"), [(MAX_ATTEMPTS - 1, "done"), (MAX_ATTEMPTS, "failed")])
def test_a_purge_is_taken_over_at_most_twenty_times(stage: Stage, attempts: int, phase: str) -> None:
    job = a_job(attempts=attempts)
    document = put_job(stage.place, job)
    heir = purge_of(stage.place)

    stage.play(lambda: heir.take_over(document, job))

    progress = job_in(stage.place).progress
    assert (progress.phase, progress.running) == (phase, False)
    assert progress.finished_at is not None
    if phase == "failed":
        assert progress.error == "It was interrupted too often. The log of the api shows the reasons."


def test_a_purge_that_another_took_over_first_is_left(stage: Stage) -> None:
    job = a_job()
    document = put_job(stage.place, job)
    put_job(stage.place, a_job(owner="run-9"))

    stage.play(lambda: purge_of(stage.place).take_over(document, job))

    assert job_in(stage.place).owner == "run-9"


def test_a_run_that_was_taken_over_writes_nothing_more(stage: Stage) -> None:
    own = run_of(stage)
    put_job(stage.place, a_job(owner="run-9"))

    stage.play(own.run)

    assert (job_in(stage.place).owner, job_in(stage.place).progress.phase) == ("run-9", "uploads")


def test_a_claim_of_the_purge_is_released_at_its_end(stage: Stage) -> None:
    removed = write(stage.place, old(a_record("uploads/gone.mp4")))
    stage.place.videos.remove([removed])
    assert stage.place.videos.claim_owner(removed.base) == PURGER

    with patch.object(purge_run, "RELEASE_AT_ONCE", 1):
        stage.play(run_of(stage).run)

    assert stage.place.videos.claim_owner(removed.base) is None


def test_a_slow_run_is_not_taken_over_by_its_own_process(stage: Stage) -> None:
    own = purge_of(stage.place)
    begun: list[str] = []
    versions = Bucket.versions

    def list_late(bucket: Bucket, prefix: str) -> Iterator[ObjectVersion]:
        if begun:
            stage.sleep(60)
        yield from versions(bucket, prefix)

    def begin() -> None:
        confirmation = own.preview().confirmation
        begun.append("the run lists slowly from now on")
        own.start(confirmation)
        begun.append(job_in(stage.place).owner)
        stage.sleep(200)
        own.close()

    with patch.object(Bucket, "versions", list_late), patch.object(PurgeRun, "_send_heartbeats", lambda _: None):
        stage.play(own.watch, begin)

    assert (job_in(stage.place).owner, job_in(stage.place).progress.phase) == (begun[1], "done")


def test_a_take_over_counts_as_an_attempt_of_the_phase(stage: Stage) -> None:
    job = a_job(attempts=3, progress=a_job().progress.model_copy(update={"phase": "dead_letters"}))
    document = put_job(stage.place, job)

    stage.play(lambda: purge_of(stage.place).take_over(document, job))

    assert (job_in(stage.place).attempts, job_in(stage.place).progress.phase) == (4, "done")
