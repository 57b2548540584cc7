"""Manifest of a video: stored with its pictures, true to them, and valid by its published schema."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from services.api.actions.lost_pictures import list_picture_keys
from services.aws.removal import remove_video
from services.contract.outputs.manifest import SCHEMA_ID, make_schema
from services.contract.records import ReasonCode, VideoRecord, VideoState
from services.contract.settings import WorkerSettings
from services.contract.version import VERSION
from services.worker.extraction.probe import Location, Probe, Tags
from services.worker.process import Processor, Stored
from tests.support.extracted import SMALL, SharedSandbox
from tests.support.place import Place
from tests.support.processing import MeasuredSandbox, a_worker, is_empty, record_of, upload, work
from tests.support.videos import Videos

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "docs" / "manifest.schema.json").read_text(encoding="utf-8"))
HOME = Location(52.5, 13.4)


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


def test_the_published_schema_is_that_of_the_code() -> None:
    assert make_schema() == SCHEMA, "run ./noxw generate"
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == SCHEMA_ID


@pytest.fixture(scope="module")
def film(videos: Videos) -> bytes:
    return videos.video("listed.mp4", audio="aac", duration_s=12, gop=50, **SMALL).read_bytes()


def test_the_manifest_lists_every_output_with_its_etag_and_placeholders(place: Place, film: bytes) -> None:
    names = {name.lower(): value for name, value in place.environment().items()}
    settings = WorkerSettings.from_environment(
        **names, thumbnail_storyboard="true", thumbnail_preview="true", thumbnail_poster="true"
    )
    worker = Processor(settings, place.bucket, place.videos, SharedSandbox(settings.thumbnail_options))
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

    assert remove_video(place.bucket, place.videos, record_of(place)) is not None

    assert is_empty(place)
