"""The store of pictures: conditions, order and parallel writes."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock, patch

import pytest

from services.aws.bucket import NOTHING, Bucket
from services.aws.errors import ServiceError
from services.worker.pictures import Picture, PictureStore, SupersededError
from tests.support.driver import PATIENCE_S
from tests.support.place import Place

NOW = datetime(2026, 11, 29, tzinfo=UTC)


def test_the_etag_of_a_picture_is_read_before_the_record(place: Place) -> None:
    check_order_of_reads(place, replaces=False)


def test_the_etag_of_a_known_picture_is_read_before_the_record(place: Place) -> None:
    check_order_of_reads(place, replaces=True)


def check_order_of_reads(place: Place, *, replaces: bool) -> None:
    key = "thumbnails/a_1.jpg"
    place.bucket.put(key, b"older", content_type="image/jpeg")
    answers = [False, True]

    def is_current() -> bool:
        # A newer upload takes the record, and stores its picture, just after the record was read.
        is_last = answers.pop()
        place.bucket.put(key, b"newer", content_type="image/jpeg")
        return is_last

    store = PictureStore(place.bucket, is_current, lambda: NOW, NOW, replaces=replaces)
    with pytest.raises(SupersededError):
        store.put_all([Picture(key, b"mine", "image/jpeg")])

    assert content_of(place.bucket, key) == b"newer"


def content_of(bucket: Bucket, key: str) -> bytes:
    info = bucket.head(key)
    return bucket.read(key, 0, 100, etag=info.etag)


def test_a_picture_is_created_only_where_there_is_none(place: Place) -> None:
    key = "thumbnails/a_1.jpg"
    place.bucket.put(key, b"newer", content_type="image/jpeg", replaces=NOTHING)

    with pytest.raises(SupersededError):
        PictureStore(place.bucket, lambda: False, lambda: NOW, NOW).put(Picture(key, b"mine", "image/jpeg"))

    assert content_of(place.bucket, key) == b"newer"


def test_known_pictures_are_replaced_with_one_write_each(place: Place) -> None:
    bucket, keys = place.bucket, [f"thumbnails/a_{number}.jpg" for number in (1, 2, 3)]
    for key in keys[:2]:
        bucket.put(key, b"older", content_type="image/jpeg")
    pictures = [Picture(key, b"mine", "image/jpeg") for key in keys]
    is_current = Mock(side_effect=[False, True])
    store = PictureStore(bucket, is_current, lambda: NOW, NOW, replaces=True)

    with patch.object(bucket, "put", wraps=bucket.put) as put:
        with pytest.raises(SupersededError):
            store.put_all(pictures)
        put.assert_not_called()
        store.put_all(pictures)

    assert (put.call_count, is_current.call_count) == (3, 2)
    assert [content_of(bucket, key) for key in keys] == [b"mine"] * 3


def test_slow_stores_stop_once_the_record_is_gone(place: Place) -> None:
    times = iter([NOW, NOW + timedelta(seconds=1), NOW + timedelta(seconds=2)])
    # Another worker ended the video meanwhile, and a purge deleted it with the first two pictures.
    store = PictureStore(place.bucket, lambda: False, lambda: next(times), NOW)
    store.put(Picture("thumbnails/a_1.jpg", b"one", "image/jpeg"))
    store.put(Picture("thumbnails/a_2.jpg", b"two", "image/jpeg"))
    place.clients.s3.delete_object(Bucket=place.bucket.name, Key="thumbnails/a_1.jpg")
    place.clients.s3.delete_object(Bucket=place.bucket.name, Key="thumbnails/a_2.jpg")

    with pytest.raises(SupersededError):
        store.put(Picture("thumbnails/a_3.jpg", b"three", "image/jpeg"))

    assert list(place.bucket.list("thumbnails/")) == []


def test_pictures_are_stored_in_parallel_and_awaited_if_one_fails(place: Place) -> None:
    bucket = place.bucket
    put = bucket.put
    all_begun = threading.Barrier(3, timeout=PATIENCE_S)
    failed = threading.Event()

    def put_after_the_failure(key: str, *arguments: Any, **options: Any) -> None:
        all_begun.wait()
        if key.endswith("_1.jpg"):
            failed.set()
            raise ServiceError("PUT: 503")
        failed.wait(PATIENCE_S)
        put(key, *arguments, **options)

    pictures = [Picture(f"thumbnails/a_{number}.jpg", b"mine", "image/jpeg") for number in (1, 2, 3)]
    with patch.object(bucket, "put", put_after_the_failure), pytest.raises(ServiceError, match="503"):
        PictureStore(bucket, lambda: True, lambda: NOW, NOW).put_all(pictures)

    assert [info.key for info in bucket.list("thumbnails/")] == ["thumbnails/a_2.jpg", "thumbnails/a_3.jpg"]


def test_parallel_stores_share_one_look_at_the_record(place: Place) -> None:
    looks = []

    def is_current() -> bool:
        looks.append(NOW)
        return True

    pictures = [Picture(f"thumbnails/a_{number}.jpg", b"mine", "image/jpeg") for number in (1, 2, 3)]
    PictureStore(place.bucket, is_current, lambda: NOW + timedelta(minutes=1), NOW).put_all(pictures)

    assert len(looks) == 1
