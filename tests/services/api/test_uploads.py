"""Uploads with what the api has signed, sent to S3 as a browser would."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.api.schema.upload_models import UploadNameError, clean_name
from services.contract.resources import MULTIPART_FROM_BYTES
from tests.services.api.process import Api, running
from tests.support.driver import PATIENCE_S
from tests.support.place import Place

MIB = 1024 * 1024


def ticket(client: httpx.Client, name: str, size_bytes: int, **more: Any) -> dict[str, Any]:
    answer = client.post("/api/uploads", json={"name": name, "size_bytes": size_bytes, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def begin(place: Place, key: str) -> str:
    answer = place.clients.s3.create_multipart_upload(Bucket=place.resources.bucket, Key=key)
    return answer["UploadId"]


def send(found: dict[str, Any], body: bytes, **changes: str) -> int:
    fields = {**found["fields"], **changes}
    answer = httpx.post(found["url"], data=fields, files={"file": body}, timeout=PATIENCE_S, trust_env=False)
    return answer.status_code


def send_part(part: dict[str, Any], body: bytes) -> str:
    """Upload a part and return its ETag."""
    answer = httpx.put(part["url"], content=body, timeout=PATIENCE_S, trust_env=False)
    return answer.headers["ETag"]


def test_a_form_accepts_only_the_announced_file(shared_place: Place, operator: httpx.Client) -> None:
    found = ticket(operator, "form/clip.MP4", 7)

    assert (found["kind"], found["key"], found["content_type"]) == ("whole", "uploads/form/clip.MP4", "video/mp4")
    assert send(found, b"too long a video") >= 400
    assert send(found, b"short") >= 400
    assert send(found, b"a video", key="uploads/other.mp4") >= 400
    assert send(found, b"a video", **{"Content-Type": "text/html"}) >= 400
    assert send(found, b"a video") in (200, 204)
    head = shared_place.clients.s3.head_object(Bucket=shared_place.resources.bucket, Key=found["key"])
    assert (head["ContentLength"], head["ContentType"]) == (7, "video/mp4")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Ü 日本.mov", "uploads/Ü 日本.mov"),
        ("../../etc/passwd.mp4", "uploads/etc/passwd.mp4"),
        ("/a//./b.mp4", "uploads/a/b.mp4"),
        ("C:\\films\\c.avi", "uploads/C:/films/c.avi"),
        ('<b>"x"</b>.webm', "uploads/_b__x__/b_.webm"),
        ("line\nbreak\x00.ts", "uploads/line_break_.ts"),
        ("photo\u202egpj.mp4", "uploads/photo_gpj.mp4"),
        ("a\u200bb\u2066\x9b.mp4", "uploads/a_b__.mp4"),
        ("e\u0301.m4v", "uploads/é.m4v"),
        ("x" * 890 + ".mkv", "uploads/" + "x" * 890 + ".mkv"),
    ],
)
def test_names_are_kept_and_made_safe(operator: httpx.Client, name: str, key: str) -> None:
    assert ticket(operator, name, 1)["key"] == key


@pytest.mark.parametrize("name", ["a.exe", "mp4", ".mp4", "a/.mp4", "a.mp4/", "a", "..", "a.mp4.zip"])
def test_what_is_no_video_is_refused_with_the_rule(operator: httpx.Client, name: str) -> None:
    answer = operator.post("/api/uploads", json={"name": name, "size_bytes": 1})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["body.name"]


def test_a_setting_adds_the_extensions_of_uploads() -> None:
    assert clean_name("tapes/reel 1.MXF", (".mp4", ".mxf")) == "tapes/reel 1.MXF"
    with pytest.raises(UploadNameError, match=r"must end in one of \.mp4 \.mxf"):
        clean_name("a.mov", (".mp4", ".mxf"))


def test_a_name_is_given_to_one_upload_only(shared_place: Place, operator: httpx.Client) -> None:
    shared_place.bucket.put("uploads/taken/a.mp4", b"not yours", content_type="video/mp4")
    first, second = ticket(operator, "taken/a.mp4", 1), ticket(operator, "taken/a.mp4", 1)
    assert (first["key"], second["key"]) == ("uploads/taken/a (2).mp4", "uploads/taken/a (3).mp4")
    assert ticket(operator, "taken/a.mp4", 1, overwrite=True)["key"] == "uploads/taken/a.mp4"

    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: ticket(operator, "taken/many.mp4", 1)["key"], range(12)))
    assert len(set(keys)) == 12


def test_a_large_video_goes_in_parts(shared_place: Place, operator: httpx.Client) -> None:
    found = ticket(operator, "parts/large.mkv", MULTIPART_FROM_BYTES)
    assert (found["kind"], found["part_size_bytes"], found["part_count"]) == ("parts", 16 * MIB, 7)
    upload = {"key": found["key"], "upload_id": found["upload_id"]}

    urls = operator.post("/api/uploads/part-urls", json={**upload, "numbers": [1, 2]}).json()["parts"]
    bodies = [b"1" * 5 * MIB, b"22"]
    etags = [send_part(part, body) for part, body in zip(urls, bodies, strict=True)]
    wrong = [{"number": 1, "etag": "0" * 32}]
    assert operator.post("/api/uploads/complete", json={**upload, "parts": wrong}).status_code == 409
    parts = [{"number": number, "etag": etag} for number, etag in enumerate(etags, start=1)]
    done = operator.post("/api/uploads/complete", json={**upload, "parts": parts})

    assert (done.status_code, done.json()) == (200, {"key": found["key"], "size_bytes": 5 * MIB + 2})
    head = shared_place.clients.s3.head_object(Bucket=shared_place.resources.bucket, Key=found["key"])
    assert (head["ContentLength"], head["ContentType"]) == (5 * MIB + 2, "video/matroska")
    # A client that lost the answer asks again, and must not get an error.
    again = operator.post("/api/uploads/complete", json={**upload, "parts": parts})
    assert (again.status_code, again.json()) == (200, done.json())
    assert operator.post("/api/uploads/complete", json={**upload, "parts": parts[:1]}).status_code == 404


def test_an_upload_that_is_given_up_leaves_nothing(shared_place: Place, operator: httpx.Client) -> None:
    found = ticket(operator, "parts/given-up.mkv", MULTIPART_FROM_BYTES)
    upload = {"key": found["key"], "upload_id": found["upload_id"]}

    assert operator.post("/api/uploads/abort", json=upload).status_code == 204

    assert operator.post("/api/uploads/abort", json=upload).status_code == 404
    left = shared_place.clients.s3.list_multipart_uploads(Bucket=shared_place.resources.bucket)
    assert found["upload_id"] not in [upload["UploadId"] for upload in left.get("Uploads", [])]


def test_nothing_outside_the_uploads_can_be_signed(operator: httpx.Client) -> None:
    for key in ("thumbnails/a_1.jpg", "a.mp4", "uploads/a.txt"):
        body = {"key": key, "upload_id": "x", "numbers": [1]}
        assert operator.post("/api/uploads/part-urls", json=body).status_code == 404


def test_too_large_a_video_is_refused_before_and_after(place: Place, tmp_path: Path) -> None:
    key = "uploads/a.mp4"
    with running(place, tmp_path, UPLOAD_MAX_MB="1") as api, api.client() as client:
        refused = client.post("/api/uploads", json={"name": "a.mp4", "size_bytes": MIB + 1})
        assert (refused.status_code, refused.headers["Content-Type"]) == (413, "application/problem+json")

        # Parts may be larger than was announced; then the end of it is the end.
        upload = {"key": key, "upload_id": begin(place, key)}
        (part,) = client.post("/api/uploads/part-urls", json={**upload, "numbers": [1]}).json()["parts"]
        complete = {**upload, "parts": [{"number": 1, "etag": send_part(part, bytes(MIB + 1))}]}
        assert client.post("/api/uploads/complete", json=complete).status_code == 413
        assert client.post("/api/uploads/complete", json=complete).status_code == 404


def test_a_body_over_the_limit_is_refused(api: Api, operator: httpx.Client) -> None:
    def drops() -> Any:
        for _ in range(40):
            yield b"x" * 100_000

    headers = {"Content-Type": "application/json"}
    for content in (b"x" * 3_000_000, drops()):
        answer = operator.post("/api/uploads", content=content, headers=headers)
        assert (answer.status_code, answer.json()["status"]) == (413, 413)
    assert operator.post("/api/uploads", content=b"{", headers=headers).status_code == 422
    del api
