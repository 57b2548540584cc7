"""Videos in source buckets: read where they are, known under `uploads/<bucket>/`, thumbnails in the own bucket."""

from datetime import UTC, datetime

import pytest

from services.aws.errors import ObjectMissingError
from services.aws.sources import SourcedBucket
from services.contract.events import UploadEvent, adopt_event
from services.worker.process import Processor, Skipped, Stored
from tests.support.place import Place
from tests.support.processing import a_worker, pictures_of, record_of, shown, upload, work
from tests.support.purging import ended, purge_of, start

KEY = "2026/a film.mp4"


@pytest.fixture
def source(place: Place) -> str:
    """Return the name of another bucket with one video."""
    name = f"{place.bucket.name}-films"[-63:].lstrip("-")
    place.clients.s3.create_bucket(Bucket=name)
    place.clients.s3.put_object(Bucket=name, Key=KEY, Body=b"film")
    return name


@pytest.fixture
def both(place: Place, source: str) -> SourcedBucket:
    return SourcedBucket(place.clients.s3, place.bucket.name, [source])


def event_of(bucket: str, key: str = KEY) -> UploadEvent:
    return UploadEvent(name="ObjectCreated:Put", time=datetime.now(UTC), bucket=bucket, key=key)


def worker_of(place: Place, both: SourcedBucket, source: str) -> Processor:
    return a_worker(place, bucket=both, s3_source_buckets=source)


def test_source_bucket_event_becomes_an_upload_event() -> None:
    adopted = adopt_event(event_of("acme-films"), "acme-videos", ("acme-films",))
    assert (adopted.bucket, adopted.key) == ("acme-videos", f"uploads/acme-films/{KEY}")
    for other in (event_of("acme-videos"), event_of("somebody-elses")):
        assert adopt_event(other, "acme-videos", ("acme-films",)) is other


def test_source_video_gets_thumbnails_in_the_pipeline_bucket(place: Place, both: SourcedBucket, source: str) -> None:
    event = adopt_event(event_of(source), place.bucket.name, (source,))
    assert isinstance(work(worker_of(place, both, source), event), Stored)
    record = record_of(place, f"uploads/{source}/{KEY}")
    assert [thumbnail.key for thumbnail in record.thumbnails] == [
        f"thumbnails/{source}/2026/a film_{number}.jpg" for number in (1, 2, 3)
    ]
    assert shown(place, record) == pictures_of(b"film")
    assert [entry["Key"] for entry in place.clients.s3.list_objects_v2(Bucket=source)["Contents"]] == [KEY]


def test_one_key_in_two_buckets_is_two_videos(place: Place, both: SourcedBucket, source: str) -> None:
    worker = worker_of(place, both, source)
    work(worker, adopt_event(event_of(source), place.bucket.name, (source,)))
    work(worker, upload(place, b"upload", f"uploads/{KEY}"), "message-2")
    assert shown(place, record_of(place, f"uploads/{source}/{KEY}")) == pictures_of(b"film")
    assert shown(place, record_of(place, f"uploads/{KEY}")) == pictures_of(b"upload")


def test_an_event_of_an_unknown_bucket_is_skipped(place: Place, both: SourcedBucket, source: str) -> None:
    event = adopt_event(event_of("somebody-elses"), place.bucket.name, (source,))
    assert work(worker_of(place, both, source), event) == Skipped("other_bucket")


def test_source_objects_are_listed_under_the_sources_folder(both: SourcedBucket, source: str) -> None:
    key = f"uploads/{source}/{KEY}"
    info = both.head(key)
    assert (info.key, info.size_bytes) == (key, 4)
    assert both.read(key, 1, 2, etag=info.etag) == b"il"
    assert [entry.key for entry in both.list("uploads/")] == [key]
    assert list(both.list("thumbnails/")) == []
    assert list(both.versions("uploads/")) == []
    with pytest.raises(ObjectMissingError):
        both.head(f"uploads/{source}/other.mp4")


def test_purge_keeps_source_videos_and_their_thumbnails(place: Place, both: SourcedBucket, source: str) -> None:
    worker = worker_of(place, both, source)
    work(worker, adopt_event(event_of(source), place.bucket.name, (source,)))
    work(worker, upload(place, b"upload"), "message-2")
    start(purge_of(place, bucket=both))
    ended(place)
    assert place.videos.get("uploads/a.mp4") is None
    assert shown(place, record_of(place, f"uploads/{source}/{KEY}")) == pictures_of(b"film")
    assert place.clients.s3.head_object(Bucket=source, Key=KEY)["ContentLength"] == 4
