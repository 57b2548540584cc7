"""Frames over HTTP: which frame is answered, to whom, from where, and what bad requests get."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest

from services.aws.shared import SharedItems
from services.aws.table.published_settings import read_settings
from services.contract.frames import FrameForm, FrameOptions, frame_folder
from services.contract.settings import FramesSettings
from services.contract.thumbnails import ImageFormat
from services.contract.traces import upload_trace_id
from services.frames.cache import CachedFrame, FrameCache
from tests.services.api.process import NO_TLS, get
from tests.services.frames.conftest import FILM, FramesService
from tests.support.driver import eventually
from tests.support.videos import Videos, frame_number

EXTRACTIONS = 'thumbnail_frames_extractions_total{reason_code=""}'


def read_number(answer: httpx.Response) -> int:
    assert answer.status_code == 200, answer.text
    image = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return frame_number(image.astype(np.uint8))


def test_frame_of_a_time_is_extracted_once_and_cached(frames: FramesService) -> None:
    before = frames.read_metric(EXTRACTIONS)
    url = frames.urls.make_url(FILM, FrameOptions(time_s=3.5, width_px=160, format=ImageFormat.WEBP))
    first, second = get(url), get(url)

    assert [read_number(answer) for answer in (first, second)] == [87, 87]
    assert first.content == second.content
    assert [answer.headers["Frame-Time"] for answer in (first, second)] == ["3.480"] * 2
    assert [answer.headers["Cache-Status"].split("; ")[1] for answer in (first, second)] == ["fwd=miss", "hit"]
    assert first.headers["Content-Type"] == "image/webp"
    assert first.headers["Video-Duration"] == "8.000"
    assert first.headers["Cache-Control"] == "public, max-age=300"
    known = get(url, headers={"If-None-Match": f'"other", W/{first.headers["ETag"]}'})
    assert (known.status_code, known.content, known.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert frames.read_metric(EXTRACTIONS) == before + 1
    [stored] = [info for info in frames.place.bucket.list(frame_folder(FILM)) if info.key.endswith(".webp")]
    # As another process reads it.
    assert FrameCache(frames.place.bucket).read(stored.key) == CachedFrame(first.content, 3.48, 8.0)
    trace_id = upload_trace_id(FILM, frames.place.bucket.head(FILM).etag)
    lines = [json.loads(line) for line in frames.log.read_text().splitlines() if "frame_extracted" in line]
    assert (FILM, trace_id) in {(line["object_key"], line["trace_id"]) for line in lines}


def test_a_frame_in_memory_is_answered_without_the_bucket(frames: FramesService) -> None:
    url = frames.urls.make_url(FILM, FrameOptions(time_s=3.1, format=ImageFormat.AVIF))
    first = get(url)
    [stored] = [info for info in frames.place.bucket.list(frame_folder(FILM)) if info.key.endswith(".avif")]
    frames.place.bucket.delete_current(stored.key)
    second = get(url)
    assert (second.content, second.headers["Cache-Status"]) == (first.content, "thumbnails; hit")


def test_tiles_are_signed_cached_and_checked(frames: FramesService) -> None:
    options = FrameOptions(time_s=1, end_s=5, columns=2, rows=2, width_px=160, form=FrameForm.TILES)
    url = frames.urls.make_url(FILM, options)
    answers = [get(url), get(url)]
    assert [answer.headers["Cache-Status"].split("; ")[1] for answer in answers] == ["fwd=miss", "hit"]
    image = cv2.imdecode(np.frombuffer(answers[1].content, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    tiles = [tile for row in np.vsplit(image, 2) for tile in np.hsplit(row, 2)]
    assert [frame_number(tile.astype(np.uint8)) for tile in tiles] == [25, 50, 75, 100]
    assert get(url.replace("rows=2", "rows=1")).status_code == 403
    wrong = get(url.replace("end=5", "end=1"))
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "query.form")
    assert "must be after its start" in wrong.json()["detail"]


def test_equal_requests_at_once_share_one_extraction(frames: FramesService) -> None:
    before = frames.read_metric(EXTRACTIONS)
    url = frames.urls.make_url(FILM, FrameOptions(time_s=2.2))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(get, [url, url.replace("t=2.2", "t=2.200")] * 4))
    assert {read_number(answer) for answer in answers} == {55}
    assert frames.read_metric(EXTRACTIONS) == before + 1


def test_many_misses_at_once_all_get_their_frame(frames: FramesService) -> None:
    numbers = range(0, 200, 5)
    urls = [frames.urls.make_url(FILM, FrameOptions(time_s=number / 25, width_px=128)) for number in numbers]
    with ThreadPoolExecutor(len(urls)) as pool:
        assert [read_number(answer) for answer in pool.map(get, urls)] == list(numbers)
    assert frames.read_metric("thumbnail_frames_waiting") == 0


def test_a_new_upload_has_other_frames(frames: FramesService, film: Path, videos: Videos) -> None:
    key = "uploads/replaced.mp4"
    frames.place.bucket.put(key, film.read_bytes(), content_type="video/mp4")
    url = frames.urls.make_url(key, FrameOptions(time_s=1.0))
    old = get(url)
    trimmed = videos.trimmed(film, start_s=2)
    frames.place.bucket.put(key, trimmed.read_bytes(), content_type="video/mp4")
    new = get(url, headers={"If-None-Match": old.headers["ETag"]})
    assert [read_number(answer) for answer in (old, new)] == [25, 75]
    frames.place.bucket.put(key, film.read_bytes(), content_type="video/mp4")
    again = get(url)
    assert (read_number(again), again.headers["ETag"]) == (25, old.headers["ETag"])
    frames.place.bucket.delete_current(key)
    assert get(url).status_code == 404


def test_other_signatures_are_refused_without_a_reason(frames: FramesService) -> None:
    options = FrameOptions(time_s=1)
    url = frames.urls.make_url(FILM, options)
    expiring = frames.urls.make_url(FILM, options, lifetime_s=60)
    assert get(expiring).headers["Cache-Control"].partition("max-age=")[2] in {"58", "59", "60", "57", "56"}
    changed = [
        url.partition("&signature")[0],
        url[:-1],
        url.replace("t=1&", "t=2&"),
        url.replace("w=640", "w=4096"),
        url + "&h=100",
        url + "&expires=99999999999",
        expiring.replace("expires=", "expires=9"),
        frames.urls.make_url(FILM, options, lifetime_s=-60),
        frames.urls.make_url("uploads/missing.mp4", options).replace("missing", "other"),
        url.replace("/f/", "/f/x"),
    ]
    answers = [get(address) for address in changed]
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.content for answer in answers}) == 1


def test_a_time_beyond_the_end_is_answered_with_the_duration(frames: FramesService) -> None:
    answer = get(frames.urls.make_url(FILM, FrameOptions(time_s=8.5)))
    assert (answer.status_code, answer.headers["Video-Duration"]) == (422, "8.000")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == "query.t"
    assert read_number(get(frames.urls.make_url(FILM, FrameOptions(time_s=8)))) == 199


def test_bad_requests_and_videos_get_a_problem(frames: FramesService) -> None:
    frames.place.bucket.put("uploads/text.mp4", b"Dear diary", content_type="video/mp4")
    options = FrameOptions(time_s=1)
    url = frames.urls.make_url(FILM, options)
    asked = {
        frames.urls.make_url("uploads/missing.mp4", options): (404, "There is no video uploads/missing.mp4."),
        frames.urls.make_url("uploads/text.mp4", options): (422, "The file is not a video"),
        url.replace("t=1&", ""): (422, "query.t: Field required"),
        url.replace("t=1&", "t=nan&"): (422, "query.t"),
        url.replace("w=640", "w=5000"): (422, "query.w"),
        url.replace("format=jpeg", "format=png"): (422, "query.format"),
        url + "&width=5": (422, "query.width: is not a parameter"),
        f"{frames.url}/g": (404, "Not Found"),
    }
    for address, (status, detail) in asked.items():
        answer = get(address)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
        assert detail in answer.json()["detail"]
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_other_methods_are_refused(frames: FramesService, method: str) -> None:
    url = frames.urls.make_url(FILM, FrameOptions(time_s=1))
    with httpx.Client(trust_env=False, verify=NO_TLS) as client:
        assert client.request(method, url, content=b"x" * 20_000).status_code in (405, 413)


def test_the_frames_service_publishes_its_settings(frames: FramesService) -> None:
    shared = SharedItems(frames.place.clients.dynamodb, frames.place.resources.table.name)
    [variant] = eventually(lambda: read_settings(shared, "frames").variants, "the published settings")
    items = {item.name: item for item in variant.items}
    assert list(items) == [name.upper() for name in FramesSettings.model_fields]
    assert (items["FRAMES_HOST"].value, items["FRAMES_HOST"].source) == ("127.0.0.1", "environment")
    assert (items["FRAMES_WAIT_S"].value, items["FRAMES_WAIT_S"].source) == ("60", "default")
