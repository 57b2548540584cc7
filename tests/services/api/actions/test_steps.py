"""Single steps of a purge, a redrive and shared writes, in this thread: what they must not touch."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from services.api.actions.confirmations import Counted
from services.api.actions.dead_letters import DeadLetterStore
from services.api.actions.purge_job import dump_job, start_job
from services.api.actions.purge_run import PurgeContext, PurgeRun
from services.api.schema.action_models import RedriveRequest
from services.aws.errors import ServiceError, WriteConflictError
from services.aws.queue import MessageQueue
from services.contract.events import UploadEvent, make_notification_body
from services.contract.records import VideoState
from services.contract.resources import PURGE_KEY
from tests.services.api.records import a_record, write
from tests.support.place import Place
from tests.support.purging import shared_items

KEY = "uploads/a.mp4"
HOUR = timedelta(hours=1)


def a_run(place: Place, cutoff: datetime) -> PurgeRun:
    """Return a run of a purge that has not begun."""
    shared = shared_items(place)
    letters = DeadLetterStore(place.queue, place.dead_letters)
    context = PurgeContext(place.bucket, place.videos, shared, letters, "thumbnails/", lambda: None)
    job = start_job(Counted("purge-1", cutoff, 1, 0.0), None, owner="run-1")
    written = shared.write(PURGE_KEY, shared.document(PURGE_KEY), dump_job(job))
    return PurgeRun(context, written, job)


def now() -> datetime:
    return datetime.now(UTC)


def put_upload(place: Place, content: bytes = b"film") -> None:
    place.bucket.put(KEY, content, content_type="video/mp4")


def uploads(place: Place) -> list[str]:
    return [info.key for info in place.bucket.list("uploads/")]


def test_a_purge_deletes_uploads_from_before_its_cutoff(place: Place) -> None:
    put_upload(place)

    a_run(place, now() + HOUR)._delete_uploads()  # noqa: SLF001 - one step

    assert uploads(place) == []


def test_a_purge_frees_the_names_of_the_videos_it_deletes(place: Place) -> None:
    shared, now_s = shared_items(place), time.time()
    for name in ("a", "waiting"):
        assert shared.reserve(f"uploads/{name}.mp4", now_s=now_s, until_s=now_s + 3600)
    place.bucket.put("uploads/a.mp4", b"a video", content_type="video/mp4")

    a_run(place, now() + HOUR)._delete_uploads()  # noqa: SLF001 - one step

    assert shared.reserve("uploads/a.mp4", now_s=now_s + 60, until_s=now_s + 3600)
    assert not shared.reserve("uploads/waiting.mp4", now_s=now_s + 60, until_s=now_s + 3600)


def test_a_purge_leaves_uploads_from_after_its_cutoff(place: Place) -> None:
    put_upload(place)

    a_run(place, now() - HOUR)._delete_uploads()  # noqa: SLF001 - one step

    assert uploads(place) == [KEY]


def test_a_purge_marks_a_record_in_progress_and_keeps_it(place: Place) -> None:
    record = write(place, a_record(KEY, VideoState.PROCESSING))

    waiting = a_run(place, now() + HOUR)._remove_ended()  # noqa: SLF001 - one step

    marked = place.videos.get(KEY)
    assert marked is not None
    assert [one.key for one in waiting] == [record.key]
    assert (marked.purged_at is not None, place.videos.claim_owner(record.base)) == (True, KEY)


def test_a_purge_removes_an_ended_record_and_takes_its_claim(place: Place) -> None:
    record = write(place, a_record(KEY))

    waiting = a_run(place, now() + HOUR)._remove_ended()  # noqa: SLF001 - one step

    assert (waiting, place.videos.get(KEY), place.videos.claim_owner(record.base)) == ([], None, "(purge)")


def test_a_run_that_was_taken_over_removes_no_record(place: Place) -> None:
    record = write(place, a_record(KEY))
    stopped = a_run(place, now() + HOUR)
    shared = shared_items(place)
    document = shared.document(PURGE_KEY)
    shared.write(PURGE_KEY, document, {**document.content, "owner": "run-2"})

    stopped._remove_ended()  # noqa: SLF001 - one step

    # The other run may have ended already: nobody would release the claim.
    assert (place.videos.get(KEY), place.videos.claim_owner(record.base)) == (record, KEY)


def test_a_purge_keeps_the_record_of_a_present_upload(place: Place) -> None:
    record = write(place, a_record(KEY))
    put_upload(place)

    a_run(place, now() + HOUR)._remove_ended()  # noqa: SLF001 - one step

    assert place.videos.get(KEY) == record


def test_a_purge_unmarks_records_of_present_uploads(place: Place) -> None:
    write(place, a_record(KEY, VideoState.FAILED).model_copy(update={"purged_at": now()}))
    put_upload(place)

    a_run(place, now() + HOUR)._remove_ended()  # noqa: SLF001 - one step

    kept = place.videos.get(KEY)
    assert kept is not None
    assert (kept.purged_at, kept.state) == (None, VideoState.FAILED)


def test_a_purge_keeps_the_record_of_a_newer_upload(place: Place) -> None:
    record = write(place, a_record(KEY).model_copy(update={"modified_at": now()}))

    a_run(place, now() - HOUR)._remove_ended()  # noqa: SLF001 - one step

    assert place.videos.get(KEY) == record


def a_letter(place: Place, time: datetime) -> None:
    event = UploadEvent(name="ObjectCreated:Put", time=time, bucket=place.bucket.name, key=KEY, etag="etag")
    place.dead_letters.put(make_notification_body(event), reason_code="damaged", reason="It is damaged.", attempts=1)


def count_letters(place: Place) -> int:
    return len(place.dead_letters.receive(10, wait_s=0, visibility_timeout_s=0))


@pytest.mark.parametrize(("after_cutoff", "left"), [(HOUR, 1), (-HOUR, 0)])
def test_a_purge_discards_the_letters_of_older_uploads(place: Place, after_cutoff: timedelta, left: int) -> None:
    cutoff = now()
    a_letter(place, cutoff + after_cutoff)

    a_run(place, cutoff)._discard_letters()  # noqa: SLF001 - one step

    assert count_letters(place) == left


def test_a_redrive_that_cannot_send_keeps_its_letters(place: Place) -> None:
    a_letter(place, now())

    def refuse(*_: object) -> None:
        raise ServiceError("it does not answer")

    with patch.object(MessageQueue, "send", refuse), pytest.raises(ServiceError):
        DeadLetterStore(place.queue, place.dead_letters).redrive(RedriveRequest())

    assert count_letters(place) == 1


def test_totals_are_corrected_only_if_nobody_has_changed_them(place: Place) -> None:
    write(place, a_record(KEY))
    before = place.videos.counters()
    write(place, a_record("uploads/b.mp4"))

    with pytest.raises(WriteConflictError):
        place.videos.correct(before, {})

    assert place.videos.totals()["videos_done"] == 2


def test_a_document_is_replaced_only_as_it_was_read(place: Place) -> None:
    shared = shared_items(place)
    before = shared.document("notes")
    shared.write("notes", before, "first")

    with pytest.raises(WriteConflictError):
        shared.write("notes", before, "second")

    assert shared.document("notes").content == "first"


class RefusingSqs:
    """A client whose batches are answered, with a refusal of each entry."""

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        return {"Failed": [{"Id": entry["Id"], "Code": "InternalError"} for entry in request["Entries"]]}


def test_a_refused_entry_of_a_batch_is_an_error(place: Place) -> None:
    with pytest.raises(ServiceError, match="1 refused, InternalError"):
        MessageQueue(RefusingSqs(), place.queues.url).send(["a message"])  # type: ignore[arg-type]
