"""Purges as resources: their states and list, and cancelled while they run."""

from types import SimpleNamespace
from typing import Any

import pytest

from services.api.actions import purge_job
from services.api.actions.confirmations import Counted
from services.api.actions.dead_letters import DeadLetterStore
from services.api.actions.purge_job import PurgeJob, dump_job, is_purge_running, list_purges, show_purge, start_job
from services.api.actions.purge_run import PurgeContext, PurgeRun
from services.api.schema.problems import ConflictError, NotFoundError
from services.aws.errors import WriteConflictError
from services.aws.shared import Document, SharedItems
from services.contract.events import make_notification_body
from services.contract.records import VideoState
from services.contract.resources import PURGE_KEY
from tests.services.api.actions.test_steps import HOUR, now
from tests.services.api.records import a_record, store, write
from tests.support.place import Place
from tests.support.processing import event_of, upload
from tests.support.purging import ended, job_in, purge_of, shared_items, start
from tests.support.staged_purges import START, a_job, put_job


@pytest.fixture
def place(simulated: Place) -> Place:
    return simulated


def a_run(place: Place) -> PurgeRun:
    """Return a run of a purge of everything, which has not begun."""
    shared, letters = shared_items(place), DeadLetterStore(place.queue, place.dead_letters)
    context = PurgeContext(place.bucket, place.videos, shared, letters, "thumbnails/", lambda: None)
    job = start_job(Counted("purge-1", now() + HOUR, 4, 0.0), None, owner="run-1")
    written = shared.write(PURGE_KEY, shared.document(PURGE_KEY), dump_job(job))
    return PurgeRun(context, written, job)


def end(job: PurgeJob, phase: str = "done") -> PurgeJob:
    return job.model_copy(update={"progress": job.progress.model_copy(update={"running": False, "phase": phase})})


def start_after(known: PurgeJob | None, identity: str) -> PurgeJob:
    return start_job(Counted(identity, START, 0, START.timestamp()), known, owner="run-1")


@pytest.mark.parametrize(
    ("phase", "is_cancelled", "state"),
    [
        ("", False, "running"),
        ("", True, "cancelling"),
        ("done", False, "done"),
        ("done", True, "cancelled"),
        ("failed", False, "failed"),
        ("failed", True, "failed"),
    ],
)
def test_a_purge_has_one_state(phase: str, state: str, *, is_cancelled: bool) -> None:
    job = a_job(is_cancelled=is_cancelled)

    assert show_purge(end(job, phase) if phase else job).state == state


def test_a_purge_runs_from_its_start_to_its_end(place: Place) -> None:
    shared = shared_items(place)
    assert not is_purge_running(shared)
    put_job(place, a_job())
    assert is_purge_running(shared)
    put_job(place, end(a_job()))
    assert not is_purge_running(shared)


def test_the_list_has_the_latest_ten_purges() -> None:
    job = start_after(None, "purge-0")
    for number in range(1, 12):
        job = start_after(end(job), f"purge-{number}")

    assert [one.id for one in list_purges(job)] == [f"purge-{number}" for number in range(11, 1, -1)]
    assert list_purges(None) == []


def test_a_used_confirmation_is_kept_a_minute_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge_job, "datetime", SimpleNamespace(now=lambda _: START))
    now_s = START.timestamp()
    known = end(a_job(used={"old": now_s - 60, "recent": now_s - 59}))

    assert start_after(known, "purge-1").used == {"recent": now_s - 59, "purge-1": now_s}


def test_earlier_purges_stay_in_the_list(place: Place) -> None:
    own = purge_of(place)
    first = start(own)
    ended(place)
    second = start(own)
    ended(place)

    assert [one.id for one in own.list_purges()] == [second.id, first.id]
    assert own.find(first.id).state == "done"
    with pytest.raises(ConflictError, match="ended"):
        own.cancel(first.id)
    with pytest.raises(NotFoundError):
        own.find("another")


def test_only_the_running_purge_can_be_cancelled(place: Place) -> None:
    running = start_after(end(a_job("earlier")), "running")
    put_job(place, running)

    with pytest.raises(ConflictError, match="ended"):
        purge_of(place).cancel("earlier")
    assert job_in(place) == running

    put_job(place, end(running))
    with pytest.raises(ConflictError, match="ended"):
        purge_of(place).cancel("running")
    assert job_in(place) == end(running)


class BusyItems(SharedItems):
    """Items that the run of the purge has just written, the first times that another process writes them."""

    def __init__(self, place: Place, times: int) -> None:
        super().__init__(place.clients.dynamodb, place.resources.table.name)
        self._times = times

    def write(self, key: str, before: Document, content: Any) -> Document:
        self._times -= 1
        if self._times >= 0:
            raise WriteConflictError("the run has just stored its progress")
        return super().write(key, before, content)


def test_a_purge_that_stores_its_progress_is_cancelled(place: Place) -> None:
    put_job(place, a_job())
    changes: list[None] = []

    def cancel(times: int) -> str:
        return purge_of(place, lambda: changes.append(None), shared=BusyItems(place, times)).cancel("purge-0").state

    with pytest.raises(ConflictError, match="Cancel it again"):
        cancel(5)
    assert (job_in(place).is_cancelled, changes) == (False, [])
    assert (cancel(4), job_in(place).is_cancelled, changes) == ("cancelling", True, [None])


def test_a_cancelled_purge_finishes_without_further_uploads(place: Place) -> None:
    kept = upload(place, b"film", "uploads/failed.mp4")
    write(place, a_record(kept.key, VideoState.FAILED, etag=kept.etag))
    for event in (kept, event_of(place, kept.key).model_copy(update={"key": "uploads/gone.mp4"})):
        place.dead_letters.put(make_notification_body(event), reason_code="timeout", reason="It is.", attempts=1)
    store(place, "uploads/a.mp4")
    run = a_run(place)
    before = sorted(info.key for info in place.bucket.list(""))

    cancelling = purge_of(place).cancel("purge-1")
    # Its first write finds that the document has changed.
    run.run()

    assert (cancelling.state, purge_of(place).find("purge-1").state) == ("cancelling", "cancelled")
    assert job_in(place).progress.phase == "done"
    assert sorted(info.key for info in place.bucket.list("")) == before
    assert {item["pk"] for item in place.videos.scan() if item["pk"].startswith("uploads/")} == {
        "uploads/a.mp4",
        "uploads/failed.mp4",
    }
    letters = DeadLetterStore(place.queue, place.dead_letters).receive_all()
    assert [letter.key for letter in letters] == ["uploads/failed.mp4"]
