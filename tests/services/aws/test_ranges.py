from concurrent.futures import ThreadPoolExecutor

import pytest

from services.aws.bucket import Bucket
from services.aws.clients import connect
from services.aws.errors import ObjectChangedError, ObjectMissingError, ServiceError
from services.aws.ranges import SignedObject
from tests.place import Place


def test_a_range_is_read_and_nothing_beyond_the_end(place: Place) -> None:
    key = "uploads/with space + ü/a.mp4"
    place.bucket.put(key, b"0123456789", content_type="text/plain")
    signed = SignedObject(place.bucket, key, etag=place.bucket.head(key).etag)
    assert signed.read(2, 3) == b"234"
    assert signed.read(8, 100) == b"89"
    assert signed.read(0, 100) == b"0123456789"


def test_several_threads_read_at_once(place: Place) -> None:
    content = bytes(range(256)) * 64
    place.bucket.put("uploads/a", content, content_type="text/plain")
    signed = SignedObject(place.bucket, "uploads/a", etag=place.bucket.head("uploads/a").etag)
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(lambda start: signed.read(start, 1024), range(0, len(content), 1024)))
    assert b"".join(parts) == content


def test_an_object_that_was_replaced_is_not_read_on(place: Place) -> None:
    place.bucket.put("uploads/a", b"first", content_type="text/plain")
    signed = SignedObject(place.bucket, "uploads/a", etag=place.bucket.head("uploads/a").etag)
    place.bucket.put("uploads/a", b"second", content_type="text/plain")
    with pytest.raises(ObjectChangedError):
        signed.read(0, 5)


def test_a_missing_object_is_told_from_a_service_that_fails(place: Place) -> None:
    with pytest.raises(ObjectMissingError):
        SignedObject(place.bucket, "uploads/nothing", etag="x").read(0, 1)
    nowhere = connect("us-east-1", connections=1, endpoint="http://127.0.0.1:9", credentials=("test", "test"))
    signed = SignedObject(Bucket(nowhere.s3, place.resources.bucket), "uploads/a", etag="x")
    with pytest.raises(ServiceError, match="uploads/a") as caught:
        signed.read(0, 1)
    for told in (str(caught.value), repr(signed)):
        assert "Signature" not in told
        assert "Credential" not in told
