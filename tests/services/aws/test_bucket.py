import pytest
from botocore.awsrequest import AWSPreparedRequest

from services.aws.bucket import NOTHING, Bucket
from services.aws.clients import make_clients
from services.aws.errors import ObjectChangedError, ObjectMissingError, ServiceError
from tests.support.place import Place


def test_a_range_is_read_and_nothing_beyond_the_end(place: Place) -> None:
    place.bucket.put("uploads/a", b"0123456789", content_type="text/plain")
    etag = place.bucket.head("uploads/a").etag

    assert place.bucket.read("uploads/a", 2, 3, etag=etag) == b"234"
    assert place.bucket.read("uploads/a", 8, 100, etag=etag) == b"89"


def test_an_object_that_was_replaced_is_not_read_on(place: Place) -> None:
    place.bucket.put("uploads/a", b"first", content_type="text/plain")
    etag = place.bucket.head("uploads/a").etag
    place.bucket.put("uploads/a", b"second", content_type="text/plain")

    with pytest.raises(ObjectChangedError):
        place.bucket.read("uploads/a", 0, 5, etag=etag)


def test_a_missing_object_differs_from_a_failing_service(place: Place) -> None:
    with pytest.raises(ObjectMissingError):
        place.bucket.head("uploads/nothing")
    with pytest.raises(ObjectMissingError):
        place.bucket.read("uploads/nothing", 0, 1, etag="x")
    nowhere = make_clients("us-east-1", connections=1, endpoint="http://127.0.0.1:9", credentials=("test", "test"))
    with pytest.raises(ServiceError, match="uploads/a"):
        Bucket(nowhere.s3, place.resources.bucket).head("uploads/a")


def test_a_body_is_sent_without_waiting_for_permission() -> None:
    waits = []

    def refuse(request: AWSPreparedRequest, **_: object) -> None:
        waits.append("Expect" in request.headers)
        raise ServiceError("not sent")

    clients = make_clients("us-east-1", connections=1, endpoint="http://127.0.0.1:9", credentials=("test", "test"))
    clients.s3.meta.events.register("before-send.s3.PutObject", refuse)

    with pytest.raises(ServiceError, match="not sent"):
        Bucket(clients.s3, "videos").put("thumbnails/a", b"first", content_type="text/plain", replaces=NOTHING)

    assert waits == [False]


def test_a_listing_goes_through_all_pages(place: Place) -> None:
    for number in range(7):
        place.bucket.put(f"uploads/{number}", b"x" * number, content_type="text/plain")
    place.bucket.put("elsewhere", b"", content_type="text/plain")

    listed = list(place.bucket.list("uploads/"))

    assert [(info.key, info.size_bytes) for info in listed] == [(f"uploads/{n}", n) for n in range(7)]


def test_a_put_replaces_only_the_object_that_it_names(place: Place) -> None:
    place.bucket.put("thumbnails/a", b"first", content_type="text/plain", replaces=NOTHING)
    etag = place.bucket.head("thumbnails/a").etag

    with pytest.raises(ObjectChangedError):
        place.bucket.put("thumbnails/a", b"another", content_type="text/plain", replaces=NOTHING)
    place.bucket.put("thumbnails/a", b"second", content_type="text/plain", replaces=etag)
    with pytest.raises(ObjectChangedError):
        place.bucket.put("thumbnails/a", b"third", content_type="text/plain", replaces=etag)
    with pytest.raises(ObjectMissingError):
        place.bucket.put("thumbnails/b", b"first", content_type="text/plain", replaces=etag)

    assert place.bucket.read("thumbnails/a", 0, 10, etag=place.bucket.head("thumbnails/a").etag) == b"second"
