"""Stable URLs of thumbnails: what they lead to, and who may use them."""

from itertools import count
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from services.api.access.picture_urls import PictureUrls
from services.api.schema.problems import ForbiddenError
from services.contract.records import VideoState
from tests.services.api.process import Api, get
from tests.services.api.records import a_record, store, write
from tests.support.place import Place

ODD = "uploads/../stable//Ü 100% +&=?#/é.mp4"
KEY: Any = SimpleNamespace(remembered="secret")
OTHER: Any = SimpleNamespace(remembered="another secret")


def stable_urls(operator: httpx.Client, key: str, **query: int) -> list[str]:
    video = operator.get("/api/videos/" + quote(key, safe=""), params=query).json()
    return [thumbnail["stable_url"] for thumbnail in video["thumbnails"]]


@pytest.mark.parametrize("key", ["uploads/stable/a b é_2.jpg.mp4", "uploads/stable//Ü 100% +&=?#/é~.mp4"])
def test_stable_url_leads_to_the_picture_without_a_login(
    shared_place: Place, api: Api, operator: httpx.Client, key: str
) -> None:
    record = store(shared_place, key)
    urls = stable_urls(operator, key)
    assert urls == stable_urls(operator, key)

    for url, thumbnail in zip(urls, record.thumbnails, strict=True):
        answer = get(api.url + url)
        assert answer.status_code == 302
        assert answer.headers["Cache-Control"] == "public, max-age=300"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        location = answer.headers["Location"]
        assert quote(thumbnail.key, safe="/~") in location
        assert get(location).content == b"picture"
    # The form with the key and the form with the id have one signature.
    signature = urls[0].rpartition("?")[2]
    assert get(f"{api.url}/t/{quote(key, safe='')}/1.jpg?{signature}").status_code == 302


def test_a_picture_that_no_presigned_url_can_name_is_sent(
    shared_place: Place, api: Api, operator: httpx.Client
) -> None:
    store(shared_place, ODD)
    answer = get(api.url + stable_urls(operator, ODD)[1])
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, b"picture", "image/jpeg")
    assert answer.headers["Cache-Control"] == "public, max-age=300"


def test_other_signatures_are_refused_without_a_reason(shared_place: Place, api: Api, operator: httpx.Client) -> None:
    store(shared_place, "uploads/stable/signed.mp4")
    store(shared_place, "uploads/stable/other.mp4")
    first, second, _ = stable_urls(operator, "uploads/stable/signed.mp4")
    expiring = stable_urls(operator, "uploads/stable/signed.mp4", stable_url_lifetime_s=60)[0]
    assert get(api.url + expiring).status_code == 302
    signature = first.partition("?s=")[2]
    path, _, _ = first.partition("?")
    changed = [
        path,
        f"{path}?s={signature[:-2]}",
        f"{path}?s=%C3%A9",
        second.partition("?")[0] + f"?s={signature}",
        first.replace("signed", "other"),
        first.replace("signed", "missing"),
        f"{path}?e=99999999999&s={signature}",
        expiring.replace("e=", "e=9"),
        f"/t/nothing/1.jpg?s={signature}",
    ]
    answers = [get(api.url + url) for url in changed]
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.content for answer in answers}) == 1


def test_a_missing_thumbnail_says_whether_to_wait(shared_place: Place, api: Api) -> None:
    with api.client() as client:
        store(shared_place, "uploads/stable/done.mp4")
        [first, *_] = stable_urls(client, "uploads/stable/done.mp4")
    # The pipeline's own secret, as every process reads it.
    secret = shared_place.clients.dynamodb.get_item(
        TableName=shared_place.resources.table.name, Key={"pk": {"S": "signing-key"}}
    )["Item"]["content"]["S"].strip('"')
    urls = PictureUrls(SimpleNamespace(remembered=secret), None)  # type: ignore[arg-type]
    assert urls.make_url("uploads/stable/done.mp4", 1) == first
    write(shared_place, a_record("uploads/stable/processing.mp4", VideoState.PROCESSING))
    write(shared_place, a_record("uploads/stable/failed.mp4", VideoState.FAILED))
    shared_place.bucket.put("uploads/stable/queued.mp4x", b"", content_type="video/mp4")

    def ask(key: str, number: int) -> tuple[int, str | None]:
        answer = get(api.url + urls.make_url(key, number))
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.json()["title"] == "Not Found"
        return answer.status_code, answer.headers.get("Retry-After")

    assert ask("uploads/stable/processing.mp4", 1) == (404, "5")
    assert ask("uploads/stable/queued.mp4x", 1) == (404, "5")
    assert ask("uploads/stable/failed.mp4", 1) == (404, None)
    assert ask("uploads/stable/done.mp4", 4) == (404, None)
    assert ask("uploads/stable/never uploaded.mp4", 1) == (404, None)


def test_expiry_and_secret_are_part_of_the_signature() -> None:
    clock = count(1000, 100)
    urls = PictureUrls(KEY, "https://thumbnail.example.com", now_s=lambda: next(clock))
    url = urls.make_url("uploads/a.mp4", 2, lifetime_s=150)
    assert url.startswith("https://thumbnail.example.com/t/uploads/a.mp4/2.jpg?e=1150&s=")
    signature = url.rpartition("=")[2]
    assert urls.check_url("uploads/a.mp4", 2, signature=signature, expires_s=1150) == 50
    with pytest.raises(ForbiddenError):
        urls.check_url("uploads/a.mp4", 2, signature=signature, expires_s=1150)
    assert PictureUrls(OTHER, None).make_url("uploads/a.mp4", 2) != PictureUrls(KEY, None).make_url("uploads/a.mp4", 2)
