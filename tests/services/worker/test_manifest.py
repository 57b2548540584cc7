"""Manifest of a video: stored with its pictures, true to them, and valid by its published schema."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from services.api.actions.lost_pictures import list_picture_keys
from services.aws.removal import remove_video
from services.contract.events import REGENERATE
from services.contract.outputs.manifest import SCHEMA_ID, make_schema
from services.contract.records import ReasonCode, VideoRecord, VideoState
from services.contract.thumbnails import ThumbnailOverrides
from services.contract.version import VERSION
from services.worker.extraction.outcome import Outcome
from services.worker.extraction.probe import Probe, ProbedLocation, Tags
from services.worker.extraction.reading.source import VideoSource
from services.worker.extraction.sandbox.job import ExtractionJob
from services.worker.process import Processor, Stored
from tests.support.extracted import SMALL, SharedSandbox
from tests.support.place import Place
from tests.support.processing import MeasuredSandbox, a_worker, delivery, is_empty, record_of, upload, work
from tests.support.videos import Videos

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "docs" / "manifest.schema.json").read_text(encoding="utf-8"))
HOME = ProbedLocation(52.5, 13.4)


def manifest_of(place: Place, record: VideoRecord) -> dict[str, Any]:
    """Return the stored manifest of a record, which is valid by the published schema."""
    assert record.manifest is not None
    stored = place.clients.s3.get_object(Bucket=place.bucket.name, Key=record.manifest.key)
    assert (stored["ContentType"], stored["ContentLength"]) == ("application/json", record.manifest.size_bytes)
    manifest: dict[str, Any] = json.loads(stored["Body"].read())
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(manifest)] == []
    return manifest


def a_located_worker(place: Place, *, shows_location: str = "false") -> Processor:
    worker = a_worker(place, thumbnail_location=shows_location)
    worker._sandbox = MeasuredSandbox(probe=Probe(tags=Tags(location=HOME)))  # noqa: SLF001
    return worker


def a_full_worker(place: Place, sandbox: SharedSandbox, **settings: Any) -> Processor:
    """Return a worker that makes all kinds of outputs."""
    outputs = ("thumbnail_storyboard", "thumbnail_preview", "thumbnail_poster")
    settings |= dict.fromkeys(outputs, "true")
    worker = a_worker(place, **settings)
    worker._sandbox = sandbox  # noqa: SLF001
    return worker


def test_the_published_schema_is_that_of_the_code() -> None:
    assert make_schema() == SCHEMA, "run ./noxw generate"
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == SCHEMA_ID


@pytest.fixture(scope="module")
def film(videos: Videos) -> bytes:
    return videos.video("listed.mp4", audio="aac", duration_s=12, gop=50, **SMALL).read_bytes()


def test_the_manifest_lists_every_output_with_its_etag_and_placeholders(place: Place, film: bytes) -> None:
    worker = a_full_worker(place, SharedSandbox())
    assert isinstance(work(worker, upload(place, film)), Stored)

    record = record_of(place)
    manifest = manifest_of(place, record)
    outputs = manifest["outputs"]
    assert record.manifest is not None
    assert [output["key"] for output in outputs] + [record.manifest.key] == list_picture_keys(record)
    for output in outputs:
        stored = place.bucket.head(output["key"])
        assert (output["etag"], output["size_bytes"]) == (stored.etag, stored.size_bytes)
    kinds = ["thumbnail"] * 3 + ["storyboard", "storyboard", "preview", "poster", "candidates"]
    assert [output["kind"] for output in outputs] == kinds
    strip_px = (160 * len(manifest["poster"]["candidates"]), 90)
    assert [(output["width_px"], output["height_px"]) for output in outputs] == [
        *[(320, 180)] * 3, (480, 90), (None, None), (320, 180), (320, 180), strip_px,
    ]  # fmt: skip
    for thumbnail, output in zip(record.thumbnails, outputs[:3], strict=True):
        assert (output["thumbhash"], output["time_s"]) == (thumbnail.thumbhash, thumbnail.time_s)
        assert len(output["blurhash"]) == 28
    assert record.poster is not None
    assert manifest["poster"]["key"] == record.poster.key
    assert manifest["poster"]["candidates"] == [one.model_dump() for one in record.poster.candidates]
    assert (manifest["version"], manifest["pipeline_version"]) == (1, VERSION)
    assert (manifest["settings_hash"], manifest["state"]) == (record.settings_hash, "done")
    assert manifest["upload"] == {"key": record.key, "etag": record.etag, "size_bytes": len(film)}
    assert manifest["probe"]["audio"][0]["codec"] == "aac"
    assert (manifest["probe"]["frame_rate_hz"], manifest["probe"]["duration_s"]) == (25.0, record.duration_s)
    assert place.videos.totals()["thumbnail_bytes"] == sum(
        place.bucket.head(key).size_bytes for key in list_picture_keys(record)
    )


class NotingSandbox(SharedSandbox):
    """A sandbox that notes for each extraction if it was for a pin only."""

    for_pin: tuple[bool, ...] = ()

    def _run(self, source: VideoSource, job: ExtractionJob) -> Outcome:
        self.for_pin += (job.only_pin,)
        return super()._run(source, job)


def test_a_new_pin_stores_the_bytes_of_a_whole_extraction(place: Place, film: bytes) -> None:
    sandbox = NotingSandbox()
    worker, days = a_full_worker(place, sandbox, thumbnail_storyboard_formats="hls,bif"), itertools.count(1)
    event = upload(place, film)
    work(worker, event)

    def pin(time_s: float) -> tuple[tuple[bool, ...], dict[str, Any]]:
        options, sent_at = ThumbnailOverrides(poster_time_s=time_s), datetime.now(UTC) + timedelta(days=next(days))
        asked = event.model_copy(update={"name": REGENERATE, "options": options})
        sandbox.for_pin = ()
        assert isinstance(worker.process(asked, delivery(f"pin-{sent_at}", sent_at=sent_at)), Stored)
        return sandbox.for_pin, manifest_of(place, record_of(place))

    quick, listed = pin(5.3)
    assert quick == (True,)
    assert (listed["poster"]["time_s"], listed["poster"]["is_pinned"]) == (5.28, True)
    for output in listed["outputs"]:
        assert place.bucket.head(output["key"]).etag == output["etag"]

    # Without one of the files, everything is made again.
    assert pin(2.1)[0] == (True,)
    place.bucket.delete_current(listed["poster"]["candidates_key"])
    assert pin(5.3) == ((False,), listed)

    assert pin(5.3) == ((False,), listed)

    beyond, chosen = pin(99)
    assert beyond == (True, False)
    assert (chosen["poster"]["is_pinned"], len(chosen["outputs"])) == (False, len(listed["outputs"]))


def test_a_setting_leaves_out_the_manifest(place: Place) -> None:
    work(a_worker(place, thumbnail_manifest="false"), upload(place, b"film"))

    record = record_of(place)
    assert record.manifest is None
    assert sorted(info.key for info in place.bucket.list("thumbnails/")) == list_picture_keys(record)


def test_the_place_of_a_recording_needs_a_setting(place: Place) -> None:
    work(a_located_worker(place), upload(place, b"film"))
    assert manifest_of(place, record_of(place))["probe"]["location"] is None

    work(a_located_worker(place, shows_location="true"), upload(place, b"other film"), "message-2")
    shown = manifest_of(place, record_of(place))["probe"]["location"]
    assert shown == {"latitude_deg": HOME.latitude_deg, "longitude_deg": HOME.longitude_deg}


def test_two_attempts_store_the_same_bytes(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    first = place.bucket.head("thumbnails/a_manifest.json")
    before = record_of(place)
    place.videos.replace(before, before.model_copy(update={"settings_hash": "another"}))

    work(a_worker(place), upload(place, b"film"), "message-2")

    assert record_of(place).attempt == 2
    assert place.bucket.head("thumbnails/a_manifest.json").etag == first.etag


def test_a_degraded_video_says_why(place: Place) -> None:
    worker = a_worker(place)
    reason = {"state": VideoState.DEGRADED, "reason_code": ReasonCode.NEARBY_FRAME, "reason": "The frames end early."}
    worker._sandbox = MeasuredSandbox(**reason)  # noqa: SLF001
    work(worker, upload(place, b"film"))

    manifest = manifest_of(place, record_of(place))
    assert (manifest["state"], manifest["reason_code"]) == ("degraded", "nearby_frame")


def test_a_removed_video_leaves_no_manifest(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    assert record_of(place).manifest is not None

    assert remove_video(place.bucket, place.videos, record_of(place), datetime.now(UTC)) is not None

    assert is_empty(place)
