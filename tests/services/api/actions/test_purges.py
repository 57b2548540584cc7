"""Purges as resources: over HTTP, and cancelled while they run."""

import pytest

from services.api.actions.confirmations import Counted
from services.api.actions.dead_letters import DeadLetterStore
from services.api.actions.purge_job import dump_job, start_job
from services.api.actions.purge_run import PurgeContext, PurgeRun
from services.api.schema.problems import ConflictError, NotFoundError
from services.contract.events import make_notification_body
from services.contract.records import VideoState
from services.contract.resources import PURGE_KEY
from tests.services.api.actions.test_steps import HOUR, now
from tests.services.api.records import a_record, store, write
from tests.support.place import Place
from tests.support.processing import event_of, upload
from tests.support.purging import ended, job_in, purge_of, shared_items, start


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
