"""URLs of frames: who gets them, and that they are those that the frames service accepts."""

from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from services.api.access.frame_urls import FrameUrls
from services.api.access.secret_key import SecretKey
from services.api.routes.videos import sign_frame_urls
from services.api.schema.action_models import FrameUrlsRequest
from services.api.schema.problems import ConflictError, ForbiddenError
from services.aws.shared import Document, SharedItems
from services.contract.frames import FrameOptions
from services.contract.thumbnails import ImageFormat
from tests.services.api.process import Api
from tests.services.api.records import store
from tests.support.place import Place

KEY: Any = SimpleNamespace(remembered="secret")


def test_a_viewer_gets_urls_that_the_service_accepts(shared_place: Place, api: Api, viewer: httpx.Client) -> None:
    key = "uploads/frames/Ü 100%.mp4"
    store(shared_place, key)
    path = f"/api/videos/{key.replace('%', '%25')}/frame-urls"
    wanted = {"frames": [{"time_s": 12.5, "width_px": 320, "format": "avif"}, {"time_s": 0}], "lifetime_s": 600}
    with api.client(token=None) as anybody:
        assert anybody.post(path, json=wanted).status_code == 401
    answer = viewer.post(path, json=wanted).raise_for_status().json()

    assert [one["time_s"] for one in answer["items"]] == [12.5, 0]
    address = urlsplit(answer["items"][0]["url"])
    assert address.path == "/f/uploads/frames/%C3%9C%20100%25.mp4"
    query = {name: value for name, [value] in parse_qs(address.query).items()}
    assert {"t": "12.5", "w": "320", "format": "avif", "quality": "82"}.items() <= query.items()
    urls = FrameUrls(SecretKey(SharedItems(shared_place.clients.dynamodb, shared_place.resources.table.name)), None)
    options = FrameOptions(time_s=12.5, width_px=320, format=ImageFormat.AVIF)
    left_s = urls.check_url(key, options, signature=query["signature"], expires_s=int(query["expires"]))
    assert left_s is not None
    assert 0 < left_s <= 600


def test_bad_frames_and_missing_videos_are_refused(viewer: httpx.Client) -> None:
    path = "/api/videos/uploads/frames/missing.mp4/frame-urls"
    wrong: list[list[dict[str, float]]] = [[], [{"time_s": -1}], [{"time_s": 1, "width_px": 1}]]
    for frames in wrong:
        assert viewer.post(path, json={"frames": frames}).status_code == 422
    assert viewer.post(path, json={"frames": [{"time_s": 1}]}).status_code == 404


def test_without_a_frames_service_no_url_is_signed() -> None:
    services: Any = SimpleNamespace(settings=SimpleNamespace(frames_enabled=False))
    viewer: Any = None
    with pytest.raises(ConflictError, match="FRAMES_ENABLED"):
        sign_frame_urls("uploads/a.mp4", viewer, services, FrameUrlsRequest(frames=[FrameOptions(time_s=1)]))


def test_before_the_first_url_every_signature_is_refused() -> None:
    # It has no `write`: the service's role may not make the secret.
    empty: Any = SimpleNamespace(document=lambda _: Document(0, None))
    urls = FrameUrls(SecretKey(empty, creates=False), None)
    with pytest.raises(ForbiddenError):
        urls.check_url("uploads/a.mp4", FrameOptions(time_s=1), signature="a", expires_s=None)


def test_expiry_options_and_secret_are_part_of_the_signature() -> None:
    clock = iter([1000.0, 1100.0, 1200.0, 1200.0])
    urls, options = FrameUrls(KEY, "https://a.example.com", now_s=lambda: next(clock)), FrameOptions(time_s=1.25)
    url = urls.make_url("uploads/a.mp4", options, lifetime_s=150)
    assert url.startswith("https://a.example.com/f/uploads/a.mp4?t=1.25&w=640&format=jpeg&quality=82&expires=1150&")
    signature = url.rpartition("=")[2]
    assert urls.check_url("uploads/a.mp4", options, signature=signature, expires_s=1150) == 50
    for other, expires_s in ((options, 1150), (options.model_copy(update={"width_px": 64}), 9999)):
        with pytest.raises(ForbiddenError):
            urls.check_url("uploads/a.mp4", other, signature=signature, expires_s=expires_s)
    other_secret: Any = SimpleNamespace(remembered="another secret")
    assert FrameUrls(other_secret, None).make_url("uploads/a.mp4", options) not in url
