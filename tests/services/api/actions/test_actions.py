"""Actions that change the pipeline: test, purge, redrive."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import httpx
import pytest

from services.api.actions.dead_letters import DeadLetterStore
from services.aws.errors import AwsError
from services.contract.events import Delivery, UploadEvent, make_notification_body, parse_notification
from services.contract.records import ReasonCode, VideoState
from services.contract.resources import CLAIM_PREFIX
from services.contract.settings import WorkerSettings
from services.worker.extraction.outcome import (
    ChildUsage,
    ExtractedFile,
    ExtractedPicture,
    ExtractedPreview,
    ExtractedStoryboard,
    ExtractionError,
    Outcome,
    VideoInfo,
)
from services.worker.process import ProcessingError, Processor, Skipped, Stored
from tests.services.api.process import Api, message_when, running
from tests.services.api.records import START, a_record, store, write
from tests.support.driver import PATIENCE_S, eventually
from tests.support.place import Place


def test_test_pipeline_copies_the_test_bucket(place: Place, own_api: Api) -> None:
    s3, source = place.clients.s3, place.resources.test_source_bucket
    names = ["a.mp4", "deep/Ü + b.MOV"]
    with own_api.client() as client:
        empty = client.post("/api/test")
        assert (empty.status_code, source in empty.json()["detail"]) == (409, True)
        for name in [*names, "readme.txt"]:
            s3.put_object(Bucket=source, Key=name, Body=b"a video")

        first, second = client.post("/api/test").json(), client.post("/api/test").json()

    assert first["prefix"].startswith("uploads/test-")
    assert first["keys"] == [first["prefix"] + name for name in names]
    assert set(first["keys"]).isdisjoint(second["keys"])
    stored = [info.key for info in place.bucket.list("uploads/")]
    assert sorted(first["keys"] + second["keys"]) == stored
    head = s3.head_object(Bucket=place.resources.bucket, Key=first["keys"][1])
    assert head["ContentType"] == "video/quicktime"


def leftovers(place: Place) -> list[str]:
    """Everything that a purge should have taken."""
    objects = [version.key for prefix in ("uploads/", "thumbnails/") for version in place.bucket.versions(prefix)]
    items = [item["pk"] for item in place.videos.scan() if item["pk"].startswith(("uploads/", CLAIM_PREFIX))]
    counted = [f"{name}={count}" for name, count in place.videos.totals().items() if count]
    return objects + items + counted


def purge(client: httpx.Client) -> httpx.Response:
    """Count the objects, and start a purge of them."""
    confirmation = client.get("/api/purge").json()["confirmation"]
    return client.delete("/api/purge", params={"confirmation": confirmation})


def purge_until_done(client: httpx.Client) -> dict[str, object]:
    def ended() -> dict[str, object] | None:
        last: dict[str, object] = client.get("/api/purge").json()["last"]
        return None if last["running"] else last

    return eventually(ended, "the end of the purge")


def test_purge_deletes_everything_and_reports_progress(place: Place, own_api: Api) -> None:
    place.clients.s3.put_bucket_versioning(Bucket=place.resources.bucket, VersioningConfiguration={"Status": "Enabled"})
    for number in range(45):
        store(place, f"uploads/{number}.mp4")
    place.bucket.put("uploads/0.mp4", b"again", content_type="video/mp4")
    place.clients.s3.delete_object(Bucket=place.resources.bucket, Key="uploads/1.mp4")
    place.bucket.put("uploads/readme.txt", b"no video", content_type="text/plain")
    moved = write(place, a_record("uploads/failed.mp4", VideoState.FAILED, base="thumbnails/orphan"))
    place.videos.replace(moved, a_record("uploads/failed.mp4", VideoState.FAILED), claims=True)
    place.bucket.put("elsewhere/kept", b"", content_type="text/plain")
    body = make_notification_body(
        UploadEvent(name="ObjectCreated:Put", time=START, bucket=place.resources.bucket, key="uploads/failed.mp4")
    )
    place.dead_letters.put(body, reason_code="not_a_video", reason="It is none.", attempts=1)
    place.dead_letters.put("no notification", reason_code="malformed_event", reason="None.", attempts=1)
    with own_api.client() as client, own_api.socket() as socket:
        preview = client.get("/api/purge").json()
        assert (preview["objects"], preview["records"], preview["is_complete"]) == (45 * 4 + 3, 46, True)
        assert (preview["videos"], preview["thumbnails"]) == (46, 45 * 3)

        started = purge(client)

        assert (started.status_code, started.json()["objects"]) == (202, 183)
        pushed = message_when(socket, lambda state: state["purge"] and not state["purge"]["running"])
        assert (pushed["purge"]["phase"], pushed["purge"]["deleted"]) == ("done", 183)
        assert pushed["purge"]["records"] == 46
        assert leftovers(place) == []
        assert [info.key for info in place.bucket.list("elsewhere/")] == ["elsewhere/kept"]
        # A purge does not delete letters without an upload.
        assert [letter["key"] for letter in client.get("/api/dead-letters").json()["items"]] == [""]
        assert client.get("/api/purge").json()["objects"] == 0


class HeldSandbox:
    """An extraction that lasts until the test lets go, and gives one picture, a storyboard and a preview."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.may_end = threading.Event()
        picture = ExtractedPicture(position_pct=10, time_s=1, width_px=64, height_px=36, data=b"picture")
        self.outcome = Outcome(
            state=VideoState.DONE,
            info=VideoInfo(10.0, 64, 36, "h264", "mp4"),
            pictures=(picture,),
            storyboard=ExtractedStoryboard(5.0, 1, 1, 1, 160, 90, (ExtractedFile(b"sheet"),)),
            preview=ExtractedPreview(2, 1.0, 320, 180, b"animation"),
            usage=ChildUsage(),
        )

    def extract(self, *_: object) -> Outcome:
        self.begun.set()
        assert self.may_end.wait(PATIENCE_S)
        return self.outcome


@pytest.fixture
def held() -> Iterator[HeldSandbox]:
    sandbox = HeldSandbox()
    yield sandbox
    sandbox.may_end.set()


class Work(threading.Thread):
    """A worker that processes one upload."""

    def __init__(self, place: Place, key: str, sandbox: HeldSandbox) -> None:
        super().__init__()
        names = {name.lower(): value for name, value in place.environment().items()}
        self.processor = Processor(WorkerSettings.from_environment(**names), place.bucket, place.videos, sandbox)  # type: ignore[arg-type]
        info = place.bucket.head(key)
        self.event = UploadEvent(
            name="ObjectCreated:Put", time=START, bucket=place.resources.bucket, key=key, etag=info.etag
        )
        self.result: Stored | Skipped | ProcessingError | AwsError | None = None

    def run(self) -> None:
        try:
            self.result = self.processor.process(self.event, Delivery("id", START, 1))
        except (ProcessingError, AwsError) as error:
            self.result = error


def test_a_purge_waits_for_a_worker_in_progress(place: Place, own_api: Api, held: HeldSandbox) -> None:
    for key in ("uploads/busy.mp4", "uploads/other.mp4"):
        place.bucket.put(key, b"a video", content_type="video/mp4")
    work = Work(place, "uploads/busy.mp4", held)
    work.start()
    assert held.begun.wait(PATIENCE_S)
    with own_api.client() as client, own_api.socket() as socket:
        assert purge(client).status_code == 202
        waiting = message_when(socket, lambda state: state["purge"] and state["purge"]["phase"] == "in_work")
        assert waiting["purge"]["in_work"] == 1
        assert purge(client).status_code == 409

        held.may_end.set()
        work.join()
        assert work.result == Skipped("purged")
        assert purge_until_done(client)["phase"] == "done"
        assert leftovers(place) == []


def test_what_is_uploaded_while_a_purge_waits_stays(place: Place, own_api: Api, held: HeldSandbox) -> None:
    place.bucket.put("uploads/same.mp4", b"the old one", content_type="video/mp4")
    work = Work(place, "uploads/same.mp4", held)
    work.start()
    assert held.begun.wait(PATIENCE_S)
    with own_api.client() as client, own_api.socket() as socket:
        purge(client)
        message_when(socket, lambda state: state["purge"] and state["purge"]["phase"] == "in_work")
        # The same name again, and one that would like the same thumbnails: neither may get the old one's.
        new = [store_unnamed(place, "uploads/same.mp4"), store_unnamed(place, "uploads/same.mov")]
        held.may_end.set()
        work.join()
        purge_until_done(client)

        assert [info.key for info in place.bucket.list("uploads/")] == sorted(new)
        records = {key: place.videos.get(key) for key in new}
        bases = [record.base for record in records.values() if record]
        assert len(set(bases)) == len(bases)
        for record in records.values():
            for thumbnail in record.thumbnails if record else ():
                assert place.bucket.head(thumbnail.key).size_bytes == thumbnail.size_bytes


def store_unnamed(place: Place, key: str) -> str:
    place.bucket.put(key, b"a new one", content_type="video/mp4")
    return key


def test_a_video_failing_during_a_purge_leaves_no_record(place: Place, own_api: Api, held: HeldSandbox) -> None:
    place.bucket.put("uploads/bad.mp4", b"a video", content_type="video/mp4")
    work = Work(place, "uploads/bad.mp4", held)
    held.outcome = Outcome.failed(ExtractionError(ReasonCode.NOT_A_VIDEO, "It is none."))
    work.start()
    assert held.begun.wait(PATIENCE_S)
    with own_api.client() as client, own_api.socket() as socket:
        purge(client)
        message_when(socket, lambda state: state["purge"] and state["purge"]["phase"] == "in_work")
        held.may_end.set()
        work.join()
        assert isinstance(work.result, ProcessingError)
        # What the loop does then.
        work.processor.record_failure(work.event, Delivery("id", START, 1), work.result)
        purge_until_done(client)
        assert leftovers(place) == []


def letters(place: Place, count: int, code: str = "crashed", name: str = "v") -> list[str]:
    keys = [f"uploads/{name}{number}.mp4" for number in range(count)]
    for key in keys:
        event = UploadEvent(name="ObjectCreated:Put", time=START, bucket=place.resources.bucket, key=key)
        place.dead_letters.put(
            make_notification_body(event), reason_code=code, reason=f"Because of {code}.", attempts=5
        )
    return keys


def waiting(place: Place) -> list[str]:
    """Keys of the messages in the queue, which are taken out of it."""
    found = []
    while messages := place.queue.receive(10, wait_s=0, visibility_timeout_s=600):
        for one in messages:
            found += [event.key for event in parse_notification(one.body)]
        place.queue.delete_all(messages)
    return found


def test_dead_letters_are_listed_by_reason_and_redriven(place: Place, own_api: Api) -> None:
    crashed = letters(place, 12)
    damaged = letters(place, 3, "damaged", "d")
    place.clients.sqs.send_message(QueueUrl=place.queues.dead_letter_url, MessageBody="moved by SQS")
    waiting(place)
    with own_api.client() as client:
        listed = client.get("/api/dead-letters").json()
        assert (listed["total"], len(listed["items"]), listed["is_complete"]) == (16, 16, True)
        assert {group["reason_code"]: group["count"] for group in listed["groups"]} == {"crashed": 13, "damaged": 3}
        one = next(item for item in listed["items"] if item["key"] == "uploads/d1.mp4")
        assert (one["reason"], one["attempts"]) == ("Because of damaged.", 5)

        canary = client.post("/api/dead-letters/redrive", json={"reason_code": "crashed", "limit": 5}).json()
        assert (canary["redriven"], canary["remaining"]) == (5, 11)
        assert sorted(waiting(place)) == sorted(key for key in canary["keys"] if key)

        chosen = client.post("/api/dead-letters/redrive", json={"keys": damaged[:2]}).json()
        assert sorted(chosen["keys"]) == sorted(waiting(place)) == damaged[:2]

        rest = client.post("/api/dead-letters/redrive", json={}).json()
        assert (rest["redriven"], rest["remaining"]) == (9, 0)
        assert client.get("/api/dead-letters").json()["items"] == []
    assert set(canary["keys"] + chosen["keys"] + rest["keys"]) == {*crashed, *damaged}


def test_a_redrive_that_is_killed_loses_nothing(place: Place, tmp_path: Path) -> None:
    waiting(place)
    keys = set(letters(place, 150))
    with running(place, tmp_path) as first:

        def redrive() -> None:
            with contextlib.suppress(httpx.HTTPError), first.client() as client:
                client.post("/api/dead-letters/redrive", json={})

        thread = threading.Thread(target=redrive)
        thread.start()
        eventually(lambda: place.queue.depth().visible > 0, "the first letters")
        os.kill(first.process.pid, signal.SIGKILL)
        thread.join()

    sent = set(waiting(place))
    with running(place, tmp_path) as second, second.client() as client:
        # What the first had in its hands is hidden for some seconds.
        def all_sent() -> bool:
            client.post("/api/dead-letters/redrive", json={}).raise_for_status()
            sent.update(waiting(place))
            return place.dead_letters.depth().visible + place.dead_letters.depth().in_flight == 0

        eventually(all_sent, "the rest")
    assert sent == keys


class FailingWorkers(threading.Thread):
    """Workers that fail every message at once, until the test ends."""

    def __init__(self, place: Place) -> None:
        super().__init__(daemon=True)
        self.place = place
        self.ended = threading.Event()
        self.failed = 0

    def run(self) -> None:
        while not self.ended.is_set():
            messages = self.place.queue.receive(10, wait_s=0, visibility_timeout_s=600)
            for message in messages:
                self.place.dead_letters.put(message.body, reason_code="crashed", reason="Again.", attempts=5)
                self.failed += 1
            if messages:
                self.place.queue.delete_all(messages)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.join()


def test_redrive_skips_letters_that_fail_again_meanwhile(place: Place, own_api: Api) -> None:
    waiting(place)
    keys = letters(place, 200)
    with own_api.client() as client, FailingWorkers(place) as workers:
        sent = client.post("/api/dead-letters/redrive", json={}).json()

        assert (sent["redriven"], sorted(sent["keys"])) == (200, sorted(keys))
        eventually(lambda: workers.failed == 200, "the second failure of all of them")
        assert client.get("/api/dead-letters").json()["total"] == 200


def test_a_redrive_asks_for_another_try(place: Place, own_api: Api) -> None:
    waiting(place)
    letters(place, 1)
    with own_api.client() as client:
        client.post("/api/dead-letters/redrive", json={}).raise_for_status()
    (message,) = place.queue.receive(10, wait_s=1, visibility_timeout_s=600)
    assert [event.is_retry for event in parse_notification(message.body)] == [True]


def test_listing_dead_letters_changes_nothing(place: Place, own_api: Api) -> None:
    letters(place, 2)
    place.clients.sqs.send_message(QueueUrl=place.queues.dead_letter_url, MessageBody="moved by SQS")
    own = DeadLetterStore(place.queue, place.dead_letters)
    with own_api.client() as client:
        first = client.get("/api/dead-letters").json()
        for _ in range(7):
            assert len(own.receive_all()) == 3
        sent = client.post("/api/dead-letters/redrive", json={"keys": ["uploads/no-such.mp4"]}).json()
        second = client.get("/api/dead-letters").json()

    assert (sent["redriven"], sent["remaining"]) == (0, 3)
    for listed in (first, second):
        listed["items"].sort(key=lambda item: item["id"])
    assert second == first
    assert sorted(str(item["attempts"]) for item in second["items"]) == ["5", "5", "None"]


@pytest.mark.parametrize(
    "body",
    [{"limit": 0}, {"limit": 1001}, {"keys": []}, {"reason_code": "bad luck"}, {"reason": "crashed"}, {"limit": "5"}],
)
def test_a_wrong_redrive_is_refused(operator: httpx.Client, body: dict[str, object]) -> None:
    answer = operator.post("/api/dead-letters/redrive", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("body.")
