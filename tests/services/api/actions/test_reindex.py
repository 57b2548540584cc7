"""The table, rebuilt from the bucket."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from services.api.actions.dead_letters import DeadLetterStore
from services.api.actions.reindex import ReindexContext, ReindexResult
from services.api.actions.reindex import reindex_table as run_reindex
from services.aws.bucket import Bucket, ObjectInfo
from services.aws.errors import BaseTakenError
from services.contract.events import Delivery, UploadEvent, make_notification_body, parse_notification
from services.contract.keys import is_upload
from services.contract.origin import origin_metadata
from services.contract.outputs.stored import PosterCandidate
from services.contract.records import ReasonCode, VideoRecord, VideoState
from services.contract.thumbnails import ThumbnailOverrides
from services.worker.process import Stored
from tests.services.api.actions.test_actions import HeldSandbox, Work
from tests.services.api.process import Api, environment
from tests.services.api.records import START, a_record, store, with_overview, write
from tests.support.place import Place


def reindex(place: Place, bucket: Bucket | None = None) -> ReindexResult:
    """Rebuild the table in this process."""
    return run_reindex(parts_of(place, bucket or place.bucket), lambda _: None)


def run_command(place: Place, **settings: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "services.api", "reindex"]
    ran = subprocess.run(command, env=environment(place, **settings), capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    result: list[dict[str, Any]] = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(result) >= 2
    return result[-1]


def test_a_lost_table_is_rebuilt_from_thumbnails(place: Place) -> None:
    names = ["uploads/a.mp4", "uploads/b/Ü 日本.mkv"]
    before = {key: store(place, key) for key in names}
    before["uploads/a.mov"] = _store_beside(place)
    place.bucket.put("uploads/new.mp4", b"a video", content_type="video/mp4")
    place.bucket.put("uploads/bad.mp4", b"no video", content_type="video/mp4")
    bad = UploadEvent(name="ObjectCreated:Put", time=START, bucket=place.resources.bucket, key="uploads/bad.mp4")
    place.dead_letters.put(make_notification_body(bad), reason_code="damaged", reason="It is damaged.", attempts=2)
    place.clients.sqs.purge_queue(QueueUrl=place.queues.url)
    totals = place.videos.totals()
    place.videos.delete([item["pk"] for item in place.videos.scan()])

    result = reindex(place)

    assert (result.uploads, result.rebuilt, result.failed, result.queued) == (5, 3, 1, 1)
    for key, record in before.items():
        found = place.videos.get(key)
        assert found is not None
        assert (found.state, found.etag, found.base) == (record.state, record.etag, record.base)
        assert found.settings_hash == record.settings_hash
        assert found.thumbnails == record.thumbnails
    failed = place.videos.get("uploads/bad.mp4")
    assert failed is not None
    assert (failed.state, failed.reason_code, failed.reason) == (
        VideoState.FAILED,
        ReasonCode.DAMAGED,
        "It is damaged.",
    )
    (message,) = place.queue.receive(10, wait_s=1, visibility_timeout_s=600)
    assert [event.key for event in parse_notification(message.body)] == ["uploads/new.mp4"]
    assert place.videos.totals()["videos_done"] == totals["videos_done"]
    # Names are still each upload's own.
    with pytest.raises(BaseTakenError):
        write(place, a_record("uploads/c.mp4", base="thumbnails/a"))

    again = reindex(place)
    assert (again.kept, again.rebuilt, again.queued) == (4, 0, 1)


def test_storyboards_and_previews_come_back_in_whatever_format(place: Place) -> None:
    names = {"uploads/a.mp4": "jpg", "uploads/Ü/b 1.mp4": "webp", "uploads/c.mp4": "avif"}
    before = {key: with_overview(place, key, extension=extension) for key, extension in names.items()}
    before["uploads/long.mp4"] = with_overview(place, "uploads/long.mp4", sheets=3)
    lost = with_overview(place, "uploads/lost.mp4")
    assert lost.preview is not None
    place.clients.s3.delete_object(Bucket=place.resources.bucket, Key=lost.preview.key)
    place.videos.delete([item["pk"] for item in place.videos.scan()])

    result = reindex(place)

    assert (result.rebuilt, result.queued) == (5, 0)
    for key, record in before.items():
        found = place.videos.get(key)
        assert found is not None
        rebuilt = found.thumbnails, found.storyboard, found.preview, found.poster
        assert rebuilt == (record.thumbnails, record.storyboard, record.preview, record.poster)
    found = place.videos.get("uploads/lost.mp4")
    assert found is not None
    assert (found.storyboard, found.preview) == (lost.storyboard, None)
    assert place.videos.totals()["thumbnail_bytes"] == 5 * (21 + 11 + 12) + 4 * 9


def test_a_pinned_poster_comes_back_with_its_scores(place: Place) -> None:
    scores: dict[str, Any] = dict.fromkeys(("score", "sharpness", "exposure", "contrast", "colourfulness", "cut"), 0.5)
    candidates = (PosterCandidate(time_s=4, **scores), PosterCandidate(time_s=8, flaw="black", **scores))
    records = [with_overview(place, f"uploads/{name}.mp4", candidates=candidates) for name in ("pinned", "text")]
    damaged = records[1].manifest
    assert damaged is not None
    about = place.bucket.head(damaged.key).metadata
    place.bucket.put(damaged.key, b"no document", content_type="text/plain", metadata=about)
    place.videos.delete([item["pk"] for item in place.videos.scan()])

    reindex(place)

    for record, scored in zip(records, (candidates, ()), strict=True):
        found = place.videos.get(record.key)
        assert found is not None
        assert found.poster is not None
        assert found.options == record.options == ThumbnailOverrides(poster_time_s=5)
        assert (found.poster.is_pinned, found.poster.candidates) == (True, scored)


def _store_beside(place: Place) -> Any:
    """Return a video whose thumbnails needed another name."""
    key = "uploads/a.mov"
    place.bucket.put(key, b"a video", content_type="video/quicktime")
    etag = place.bucket.head(key).etag
    record = write(place, a_record(key, etag=etag, base="thumbnails/a.mov"))
    for thumbnail in record.thumbnails:
        origin = origin_metadata(record, thumbnail, count=3)
        place.bucket.put(thumbnail.key, b"picture", content_type="image/jpeg", metadata=origin)
    return record


def test_reindex_keeps_removes_and_corrects_totals(place: Place) -> None:
    kept = store(place, "uploads/kept.mp4")
    write(place, a_record("uploads/gone.mp4"))
    place.videos.correct(place.videos.counters(), {"videos_done": 17, "thumbnails": 1})

    result = reindex(place)

    assert (result.kept, result.removed, result.totals_corrected) == (1, 1, True)
    assert place.videos.get("uploads/kept.mp4") == kept
    assert place.videos.get("uploads/gone.mp4") is None
    totals = {name: count for name, count in place.videos.totals().items() if count}
    assert totals == {"videos_done": 1, "thumbnails": 3, "upload_bytes": 1000, "thumbnail_bytes": 21}


@pytest.mark.usefixtures("aws_endpoint")
def test_the_command_applies_the_number_of_shards(place: Place) -> None:
    records = {key: store(place, key) for key in (f"uploads/{number}.mp4" for number in range(8))}
    totals = place.videos.totals()

    spread = run_command(place, TABLE_SHARDS="64")
    partitions = {item["state"] for item in place.videos.scan() if is_upload(item["pk"])}
    gathered = run_command(place, TABLE_SHARDS="1")

    assert (spread["kept"], spread["shards_applied"]) == (8, True)
    assert len(partitions) > 1
    assert (gathered["kept"], gathered["shards_applied"]) == (8, True)
    assert {item["state"] for item in place.videos.scan() if is_upload(item["pk"])} == {"done"}
    assert {key: place.videos.get(key) for key in records} == records
    assert place.videos.totals() == totals


def test_reindex_keeps_a_record_that_changes_during_its_removal(place: Place) -> None:
    changed = write(place, a_record("uploads/a-changes.mp4"))
    write(place, a_record("uploads/gone.mp4"))
    bucket = ChangingBucket(place, changed)

    findings = reindex(place, bucket)

    assert findings.removed == 1
    assert place.videos.get("uploads/gone.mp4") is None
    kept = place.videos.get(changed.key)
    assert kept is not None
    assert kept.revision != changed.revision


class ChangingBucket(Bucket):
    """A bucket whose first answer that a video is gone comes when a worker has just written the video's record."""

    def __init__(self, place: Place, record: VideoRecord) -> None:
        super().__init__(place.clients.s3, place.resources.bucket)
        self.place, self.record = place, record

    def head(self, key: str) -> ObjectInfo:
        if key == self.record.key:
            self.place.videos.replace(self.record, self.record)
        return super().head(key)


def parts_of(place: Place, bucket: Bucket) -> ReindexContext:
    return ReindexContext(
        bucket=bucket,
        videos=place.videos,
        queue=place.queue,
        dead_letters=DeadLetterStore(place.queue, place.dead_letters),
        thumbnail_prefix="thumbnails/",
        count=3,
    )


def test_a_record_that_a_purge_has_marked_is_left_to_the_purge(place: Place) -> None:
    marked = write(place, a_record("uploads/gone.mp4").model_copy(update={"purged_at": START}))

    reindex(place)

    assert place.videos.get(marked.key) == marked


def test_a_deleted_video_in_progress_is_closed_then_removed(place: Place) -> None:
    key = write(place, a_record("uploads/gone.mp4", VideoState.PROCESSING)).key

    reindex(place)

    closed = place.videos.get(key)
    assert closed is not None
    assert (closed.state, closed.reason_code) == (VideoState.FAILED, ReasonCode.DELETED)
    reindex(place)
    assert place.videos.get(key) is None


@pytest.mark.usefixtures("aws_endpoint")
def test_all_wrong_settings_are_named_without_secrets(place: Place) -> None:
    wrong = environment(place, API_PORT="0", AUTH_MODE="tokens", AUTH_TOKENS="short-secret", API_PUBLIC_URL="x")
    del wrong["VIDEOS_TABLE"]
    ran = subprocess.run([sys.executable, "-m", "services.api"], env=wrong, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    for name in ("API_PORT", "AUTH_MODE", "API_PUBLIC_URL", "VIDEOS_TABLE"):
        assert name in ran.stderr
    assert "short-secret" not in ran.stderr

    weak = environment(place, AUTH_TOKENS="short-secret")
    ran = subprocess.run([sys.executable, "-m", "services.api"], env=weak, capture_output=True, text=True, check=False)
    assert (ran.returncode, "16 characters" in ran.stdout) == (1, True)
    assert "short-secret" not in ran.stdout + ran.stderr


def events_in(place: Place) -> list[UploadEvent]:
    """Receive and delete the events in the queue; return them."""
    found = []
    while messages := place.queue.receive(10, wait_s=0, visibility_timeout_s=600):
        found += [event for one in messages for event in parse_notification(one.body)]
        place.queue.delete_all(messages)
    return found


@pytest.mark.parametrize("lost", ["a thumbnail", "the last sheet", "the BIF file"])
def test_reindex_queues_a_done_video_without_pictures(place: Place, lost: str) -> None:
    kept = with_overview(place, "uploads/kept.mp4")
    record = with_overview(place, "uploads/lost.mp4", sheets=3)
    assert record.storyboard is not None
    keys = {
        "a thumbnail": record.thumbnails[1].key,
        "the last sheet": "thumbnails/lost_sheet-3.jpg",
        "the BIF file": "thumbnails/lost_storyboard.bif",
    }
    assert keys[lost] in {*record.storyboard.keys, record.thumbnails[1].key}
    place.clients.s3.delete_object(Bucket=place.resources.bucket, Key=keys[lost])
    events_in(place)

    result = reindex(place)

    assert (result.kept, result.queued, result.totals_corrected) == (1, 1, True)
    assert place.videos.get(kept.key) == kept
    (event,) = events_in(place)
    assert (event.key, event.etag, event.is_retry) == (record.key, record.etag, True)
    assert _processed(place, event).state is VideoState.DONE
    assert reindex(place).kept == 2


def _processed(place: Place, event: UploadEvent) -> VideoRecord:
    sandbox = HeldSandbox()
    sandbox.may_end.set()
    work = Work(place, event.key, sandbox)
    result = work.processor.process(event, Delivery("id", datetime.now(UTC), 1))
    assert isinstance(result, Stored)
    return result.record


def test_pictures_stored_after_the_listing_are_found(place: Place) -> None:
    store(place, "uploads/a.mp4")

    class EarlyBucket(Bucket):
        def list(self, prefix: str) -> Iterator[ObjectInfo]:
            return iter(()) if prefix == "thumbnails/" else super().list(prefix)

    bucket = EarlyBucket(place.clients.s3, place.resources.bucket)
    findings = reindex(place, bucket)
    assert (findings.kept, findings.queued) == (1, 0)


def test_reindex_queues_an_overwritten_video_in_any_state(place: Place) -> None:
    old = store(place, "uploads/done.mp4")
    failed = write(place, a_record("uploads/failed.mp4", VideoState.FAILED, etag="old"))
    event = UploadEvent(
        name="ObjectCreated:Put", time=START, bucket=place.resources.bucket, key=failed.key, etag=failed.etag
    )
    place.dead_letters.put(make_notification_body(event), reason_code="damaged", reason="It is damaged.", attempts=1)
    for key in (old.key, failed.key):
        place.bucket.put(key, b"another video", content_type="video/mp4")
    etag = place.bucket.head(old.key).etag
    events_in(place)

    result = reindex(place)

    assert (result.queued, result.failed, result.kept) == (2, 0, 0)
    assert {(event.key, event.etag) for event in events_in(place)} == {(old.key, etag), (failed.key, etag)}


def test_a_done_video_without_its_thumbnails_can_be_retried(place: Place, own_api: Api) -> None:
    record = store(place, "uploads/lost.mp4")
    whole = store(place, "uploads/whole.mp4")
    place.clients.s3.delete_object(Bucket=place.resources.bucket, Key=record.thumbnails[0].key)
    events_in(place)
    with own_api.client() as client:
        assert client.post(f"/api/videos/{whole.key}/retry").status_code == 409
        assert client.post(f"/api/videos/{record.key}/retry").status_code == 202
        shown = client.get(f"/api/videos/{record.key}").json()

    assert (shown["state"], shown["reason_code"]) == ("failed", "storage")
    (event,) = events_in(place)
    assert _processed(place, event).thumbnails
    assert place.videos.get(whole.key) == whole
