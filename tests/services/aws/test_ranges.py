from concurrent.futures import ThreadPoolExecutor

import pytest

from services.aws.bucket import Bucket
from services.aws.clients import make_clients
from services.aws.errors import ObjectChangedError, ObjectMissingError, ServiceError
from services.aws.ranges import SignedObject
from tests.support.place import Place


def test_a_range_is_read_and_nothing_beyond_the_end(place: Place) -> None:
    key = "uploads/with space + ü/a.mp4"
    place.bucket.put(key, b"0123456789", content_type="text/plain")
    signed = SignedObject(place.bucket, key)
    assert signed.read(2, 3) == b"234"
    assert signed.read(8, 100) == b"89"
    assert signed.read(0, 100) == b"0123456789"


def test_the_first_read_tells_what_the_object_is(place: Place) -> None:
    content = bytes(range(256)) * 1024
    for key, body in {"uploads/large": content, "uploads/small": content[:5], "uploads/empty": b""}.items():
        place.bucket.put(key, body, content_type="text/plain")
        info, known = SignedObject(place.bucket, key).info, place.bucket.head(key)
        assert (info.key, info.etag, info.size_bytes) == (known.key, known.etag, len(body))


def test_what_the_first_read_brought_is_not_read_again(place: Place) -> None:
    place.bucket.put("uploads/a", b"a" * 65_536 + b"b", content_type="text/plain")
    signed = SignedObject(place.bucket, "uploads/a")
    place.bucket.put("uploads/a", b"c", content_type="text/plain")
    assert signed.read(0, 65_536) == b"a" * 65_536
    with pytest.raises(ObjectChangedError):
        signed.read(65_535, 2)


def test_several_threads_read_at_once(place: Place) -> None:
    content = bytes(range(256)) * 64
    place.bucket.put("uploads/a", content, content_type="text/plain")
    signed = SignedObject(place.bucket, "uploads/a")
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(lambda start: signed.read(start, 1024), range(0, len(content), 1024)))
    assert b"".join(parts) == content


def test_an_object_that_was_replaced_is_not_read_on(place: Place) -> None:
    place.bucket.put("uploads/a", b"1" * 100_000, content_type="text/plain")
    signed = SignedObject(place.bucket, "uploads/a")
    place.bucket.put("uploads/a", b"2" * 100_000, content_type="text/plain")
    with pytest.raises(ObjectChangedError):
        signed.read(70_000, 5)


def test_a_missing_object_is_told_from_a_service_that_fails(place: Place) -> None:
    with pytest.raises(ObjectMissingError):
        SignedObject(place.bucket, "uploads/nothing")
    nowhere = make_clients("us-east-1", connections=1, endpoint="http://127.0.0.1:9", credentials=("test", "test"))
    with pytest.raises(ServiceError, match="uploads/a") as caught:
        SignedObject(Bucket(nowhere.s3, place.resources.bucket), "uploads/a")
    place.bucket.put("uploads/a", b"1", content_type="text/plain")
    for told in (str(caught.value), repr(SignedObject(place.bucket, "uploads/a"))):
        assert "Signature" not in told
        assert "Credential" not in told
