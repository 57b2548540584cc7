"""Lists of videos and thumbnails, one video, another try."""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock
from urllib.parse import quote

import httpx
import pytest
from itsdangerous import URLSafeSerializer

from services.api.access.cursors import Cursors
from services.api.access.secret_key import SecretKey
from services.api.routes.paging import VideoFilter
from services.api.routes.videos import count_videos
from services.aws.table.listing import VideoListing
from services.contract.events import parse_notification
from services.contract.history import continue_history
from services.contract.records import VideoState
from tests.services.api.process import Api, fresh, get, running
from tests.services.api.records import LISTED_STATES, a_record, store, with_overview, write
from tests.support.driver import eventually
from tests.support.place import Place
from tests.support.purging import shared_items

ODD = "uploads/../a//Ü 100% +&=?#/é.mp4"
ALMOST_AS_ODD = "uploads/a//Ü 100% +&=?#/~é*'().mp4"
"""No URL can hold `..`: clients resolve it, even when it is escaped."""


def pages(client: httpx.Client, path: str, **query: Any) -> list[list[dict[str, object]]]:
    found: list[list[dict[str, object]]] = []
    cursor: str | None = None
    while True:
        answer = client.get(path, params=query | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        found.append(answer.json()["items"])
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return found


def keys(found: list[list[dict[str, object]]]) -> list[object]:
    return [item["key"] for page in found for item in page]


def test_pages_list_all_states_newest_or_oldest_first(place: Place, own_api: Api) -> None:
    write(place, a_record("uploads/deleted.mp4", VideoState.DELETED))
    states = [state for state in LISTED_STATES for _ in range(6)]
    for number, state in enumerate(states):
        # Some at the very same time: no page may lose one of them.
        write(place, a_record(f"uploads/{number:02}.mp4", state, minute=number % 4))
    with own_api.client() as client:
        found = pages(client, "/api/videos", limit=5)
        failed = pages(client, "/api/videos", limit=4, state="failed")

        assert [len(page) for page in found if page] == [5, 5, 5, 5, 4]
        times = [str(item["updated_at"]) for page in found for item in page]
        assert times == sorted(times, reverse=True)
        assert sorted(map(str, keys(found))) == [f"uploads/{number:02}.mp4" for number in range(24)]
        assert {item["state"] for page in failed for item in page} == {"failed"}
        assert len(keys(failed)) == 6
        oldest = pages(client, "/api/videos", limit=5, order="oldest")
        assert keys(oldest) == keys(found)[::-1]
        pictured = pages(client, "/api/videos", limit=7, with_thumbnails=True, order="oldest", q="uploads")
        assert keys(pictured) == [item["key"] for page in oldest for item in page if item["thumbnails"]]
        assert pages(client, "/api/videos", with_thumbnails=True, state="failed") == [[]]
        reason = failed[0][0]
        assert (reason["reason_code"], reason["reason"]) == ("not_a_video", "It is no video.")

        assert keys(pages(client, "/api/videos", q="UPLOADS/1", limit=3)) == [
            key for key in keys(found) if str(key).startswith("uploads/1")
        ]
        assert pages(client, "/api/videos", q="nothing") == [[]]


def test_videos_are_found_by_folder_extension_reason_and_time(place: Place, own_api: Api) -> None:
    write(place, a_record("uploads/trip/2026/a.MP4", minute=1))
    write(place, a_record("uploads/trip/b.mkv", VideoState.FAILED, minute=2))
    write(place, a_record("uploads/tripod.mp4", minute=3))
    last = write(place, a_record("uploads/c.webm", VideoState.FAILED, minute=4)).uploaded_at.isoformat()
    with own_api.client() as client:

        def found(**query: str) -> list[str]:
            return [str(key).removeprefix("uploads/") for key in keys(pages(client, "/api/videos", **query))]

        assert found(folder="trip") == found(folder="/trip/") == ["trip/b.mkv", "trip/2026/a.MP4"]
        assert found(extension=".mp4") == ["tripod.mp4", "trip/2026/a.MP4"]
        assert found(reason_code="not_a_video") == ["c.webm", "trip/b.mkv"]
        assert found(since=last) == ["c.webm"]
        assert found(until=last, extension=".mkv", state="failed") == ["trip/b.mkv"]
        assert found(until=last, folder="trip", q="A.MP4", limit="1") == ["trip/2026/a.MP4"]
        assert client.get("/api/videos", params={"since": "2026-01-01"}).status_code == 422


def test_videos_are_counted_by_state_over_all_pages(
    place: Place, own_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = [VideoState.DONE, VideoState.DONE, VideoState.FAILED, VideoState.DISMISSED]
    for number, state in enumerate(states):
        write(place, a_record(f"uploads/trip/{number}.mp4", state, minute=number))
    write(place, a_record("uploads/other.mp4", minute=9))
    write(place, a_record("uploads/trip/gone.mp4", VideoState.DELETED))
    with own_api.client() as client:

        def count(**query: str) -> dict[str, int]:
            answer = client.get("/api/videos/counts", params=query).json()
            assert answer["next_cursor"] is None
            return {state: number for state, number in answer["counts"].items() if number}

        assert count() == {"done": 3, "failed": 1, "dismissed": 1}
        assert count(folder="trip") == {"done": 2, "failed": 1, "dismissed": 1}
        assert count(folder="trip", state="failed") == {"failed": 1}
        assert client.get("/api/videos/counts", params={"q": "a", "cursor": "forged"}).status_code == 400

    monkeypatch.setattr("services.api.routes.videos._COUNTED", 2)
    listing = VideoListing(place.clients.dynamodb, place.resources.table.name)
    services: Any = SimpleNamespace(listing=listing, cursors=Cursors(SecretKey(shared_items(place))))
    cursor, counted = None, Counter[VideoState]()
    while not counted or cursor:
        page = count_videos(Mock(), services, VideoFilter(folder="trip"), cursor)
        assert sum(page.counts.values()) <= 2
        counted.update(page.counts)
        cursor = page.next_cursor
    assert counted == {"done": 2, "failed": 1, "dismissed": 1}


def test_thumbnails_come_by_page_and_by_position(place: Place, own_api: Api) -> None:
    for number in range(7):
        write(place, a_record(f"uploads/{number}.mp4", minute=number))
    write(place, a_record("uploads/x.mp4", VideoState.DEGRADED, minute=3.5))
    write(place, a_record("uploads/y.mp4", VideoState.FAILED, minute=9))
    order = ["6", "5", "4", "x", "3", "2", "1", "0"]
    with own_api.client() as client:
        for limit in (1, 2, 5, 24, 48):
            all_of_them = keys(pages(client, "/api/thumbnails", limit=limit))
            assert all_of_them == [f"thumbnails/{name}_{n}.jpg" for name in order for n in (1, 2, 3)]
            middle = keys(pages(client, "/api/thumbnails", limit=limit, position=50))
            assert middle == [f"thumbnails/{name}_2.jpg" for name in order]
        assert pages(client, "/api/thumbnails", position=33) == [[]]


def test_a_presigned_url_is_stable_and_shows_the_picture(shared_place: Place, operator: httpx.Client) -> None:
    store(shared_place, ALMOST_AS_ODD)

    def url() -> str | None:
        items = operator.get("/api/thumbnails").json()["items"]
        found = [item["url"] for item in items if item["video_key"] == ALMOST_AS_ODD and item["position_pct"] == 10]
        # A list of the last two seconds is shown again, with or without the video.
        return str(found[0]) if found else None

    def stable_url() -> str | None:
        first = url()
        # At the border of two windows they differ once.
        return first if first == url() else None

    stable = eventually(stable_url, "the same URL")
    picture = get(stable)
    assert (picture.status_code, picture.content) == (200, b"picture")
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert get(stable.replace("_1.jpg", "_2.jpg")).status_code == 403


def test_a_video_is_found_by_key_and_id(shared_place: Place, operator: httpx.Client) -> None:
    store(shared_place, "uploads/details/a b.mp4", minute=1)
    store(shared_place, ODD)

    video = operator.get("/api/videos/" + quote("uploads/details/a b.mp4", safe="")).json()

    assert video["timeline"] == [
        {"event": "uploaded", "at": "2026-01-31T09:00:56Z", "note": None},
        {"event": "received", "at": "2026-01-31T09:00:58Z", "note": "first attempt, worker-1"},
        {"event": "stored", "at": "2026-01-31T09:01:00Z", "note": None},
    ]
    assert [thumbnail["position_pct"] for thumbnail in video["thumbnails"]] == [10, 50, 95]
    assert get(video["download_url"]).content == b"a video"
    assert operator.get(f"/api/videos/{video['id']}").json()["key"] == video["key"]
    assert operator.get("/api/videos/uploads/details/a%20b.mp4").json()["key"] == video["key"]
    odd = next(item for item in operator.get("/api/videos", params={"q": "../A//"}).json()["items"])
    assert odd["key"] == ODD
    assert operator.get(f"/api/videos/{odd['id']}").json()["key"] == ODD
    assert operator.get("/api/videos/" + quote(ODD, safe="")).json()["key"] == ODD


def test_details_list_every_attempt_and_the_first_upload(shared_place: Place, operator: httpx.Client) -> None:
    key = "uploads/history.mp4"
    failed = a_record(key, VideoState.FAILED, minute=1)
    again = a_record(key, minute=2).model_copy(update=continue_history(failed, failed.etag))
    write(shared_place, again)

    video = operator.get(f"/api/videos/{key}").json()

    assert (video["uploaded_at"], video["queued_at"]) == ("2026-01-31T09:00:56Z", "2026-01-31T09:01:56Z")
    assert video["timeline"][0]["at"] == video["uploaded_at"]
    first, second = video["attempts"]
    assert first == {
        "number": 1,
        "state": "failed",
        "started_at": "2026-01-31T09:00:58Z",
        "ended_at": "2026-01-31T09:01:00Z",
        "worker": "worker-1",
        "reason_code": "not_a_video",
        "reason": "It is no video.",
        "options": None,
    }
    assert (second["number"], second["state"], second["reason"]) == (2, "done", None)


def test_storyboard_and_preview_are_not_in_the_gallery(place: Place, own_api: Api) -> None:
    record = with_overview(place, "uploads/a.mp4")
    with own_api.client() as client:
        video = client.get("/api/videos/uploads/a.mp4").json()
        gallery = client.get("/api/thumbnails").json()["items"]
        assert client.get("/api/config").json()["has_frames"]
        place.videos.replace(record, record)
        written = client.get("/api/videos/uploads/a.mp4").json()

    storyboard, preview = video["storyboard"], video["preview"]
    assert (storyboard["tiles"], storyboard["columns"], storyboard["interval_s"]) == (3, 3, 5)
    assert (storyboard["tile_width_px"], storyboard["tile_height_px"]) == (160, 90)
    assert (preview["frames"], preview["duration_s"]) == (10, 5)
    urls = (storyboard["url"], storyboard["track_url"], preview["url"])
    assert storyboard["sheet_urls"] == [storyboard["url"]]
    assert (storyboard["hls_url"], storyboard["dash_url"], storyboard["bif_url"]) == (None, None, None)
    answers = [get(url) for url in urls]
    assert [answer.content for answer in answers] == [b"sheet", b"WEBVTT", b"animation"]
    assert [get(video["poster"][name]).content for name in ("url", "candidates_url")] == [b"poster", b"strip"]
    # A browser would show the poster of before again under the same URL.
    assert written["poster"]["url"] != video["poster"]["url"]
    assert answers[1].headers["Content-Type"] == "text/vtt"
    assert [item["key"] for item in gallery] == [thumbnail.key for thumbnail in record.thumbnails]


def test_a_storyboard_has_a_url_for_each_of_its_files(place: Place, own_api: Api) -> None:
    with_overview(place, "uploads/a.mp4", sheets=3)
    with own_api.client() as client:
        storyboard = client.get("/api/videos/uploads/a.mp4").json()["storyboard"]

    assert (storyboard["columns"], storyboard["rows"], storyboard["url"]) == (1, 1, storyboard["sheet_urls"][0])
    assert [get(url).content for url in storyboard["sheet_urls"]] == [b"sheet"] * 3
    answers = [get(storyboard[name]) for name in ("hls_url", "dash_url", "bif_url")]
    assert [(answer.content, answer.headers["Content-Type"]) for answer in answers] == [
        (b"hls", "application/vnd.apple.mpegurl"),
        (b"dash", "application/dash+xml"),
        (b"bif", "application/octet-stream"),
    ]


def test_a_video_without_an_overview_has_none(place: Place, own_api: Api) -> None:
    store(place, "uploads/a.mp4")
    with own_api.client() as client:
        video = client.get("/api/videos/uploads/a.mp4").json()
    assert (video["storyboard"], video["preview"], video["poster"]) == (None, None, None)


@pytest.mark.parametrize("key", ["uploads/none.mp4", "totals", "~!!!", "~", "~" + "w" * 3000, "claim:thumbnails/a"])
def test_an_unknown_key_is_404(operator: httpx.Client, key: str) -> None:
    answer = operator.get("/api/videos/" + quote(key, safe=""))
    assert (answer.status_code, answer.json()["status"]) == (404, 404)


def test_forged_and_foreign_cursors_are_refused(place: Place, own_api: Api) -> None:
    for number in range(3):
        write(place, a_record(f"uploads/{number}.mp4", minute=number))
    with own_api.client() as client:
        cursor = client.get("/api/videos", params={"limit": 1}).json()["next_cursor"]
        for query in (
            {"cursor": cursor + "x"},
            {"cursor": "x"},
            {"cursor": cursor, "state": "done"},
            {"cursor": "é.é"},
        ):
            answer = client.get("/api/videos", params=query)
            assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
        assert client.get("/api/thumbnails", params={"cursor": cursor}).status_code == 400


def test_file_text_is_escaped_but_not_its_key(place: Place, own_api: Api) -> None:
    key = "uploads/photo\u202egpj.mp4"
    record = a_record(key, state=VideoState.FAILED)
    write(place, record.model_copy(update={"reason": "The codec \x1b[2J\u202e is unknown.", "codec": "a\u2066b"}))
    with own_api.client() as client:
        (video,) = client.get("/api/videos").json()["items"]
        missing = client.get("/api/videos/" + quote("uploads/x\u202e.mp4", safe="")).json()["detail"]
        details = client.get(f"/api/videos/{video['id']}").json()
    assert (video["key"], details["key"]) == (key, key)
    for shown in (video, details):
        assert (shown["reason"], shown["codec"]) == (r"The codec \u001b[2J\u202e is unknown.", r"a\u2066b")
    assert details["timeline"][-1]["note"] == video["reason"]
    assert "\u202e" not in missing
    assert r"\u202e" in missing


def test_all_processes_sign_cursors_with_one_secret(place: Place, own_api: Api, tmp_path: Path) -> None:
    for number in range(3):
        write(place, a_record(f"uploads/{number}.mp4", minute=number))
    guessed = URLSafeSerializer(
        f"{place.resources.bucket} {place.resources.table.name}", salt="cursor videos None None"
    ).dumps([{"done": ["2026-11-24T09:01:00.000000+00:00", "uploads/1.mp4"]}, 0])
    with own_api.client() as client:
        assert client.get("/api/videos", params={"cursor": str(guessed)}).status_code == 400
    with running(place, tmp_path) as one, running(place, tmp_path) as other:
        with one.client() as client:
            cursor = client.get("/api/videos", params={"limit": 1}).json()["next_cursor"]
        with other.client() as client:
            items = client.get("/api/videos", params={"cursor": cursor}).json()["items"]
        assert [video["key"] for video in items] == ["uploads/1.mp4", "uploads/0.mp4"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "query.limit"),
        ({"limit": 201}, "query.limit"),
        ({"limit": "many"}, "query.limit"),
        ({"state": "lost"}, "query.state"),
        ({"q": "x" * 201}, "query.q"),
    ],
)
def test_a_wrong_query_is_told_with_field_and_rule(operator: httpx.Client, query: dict[str, str], field: str) -> None:
    answer = operator.get("/api/videos", params=query)
    assert (answer.status_code, answer.json()["title"]) == (422, "Unprocessable Content")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert answer.json()["errors"][0]["rule"]


def test_a_failed_video_is_tried_again(place: Place, own_api: Api) -> None:
    key = "uploads/failed.mp4"
    place.bucket.put(key, b"a video", content_type="video/mp4")
    etag = place.bucket.head(key).etag
    failed = write(place, a_record(key, VideoState.FAILED, etag=etag))
    (message,) = eventually(
        lambda: [
            one
            for one in place.queue.receive(10, wait_s=0, visibility_timeout_s=600)
            if any(event.key == key for event in parse_notification(one.body))
        ],
        "the event",
    )
    place.dead_letters.put(message.body, reason_code="not_a_video", reason="It is none.", attempts=1)
    with own_api.client() as client:
        first = client.post(f"/api/videos/{key}/retry")
        second = client.post(f"/api/videos/{key}/retry")

        assert (first.status_code, first.json()) == (202, {"key": key, "from_dead_letter": True})
        assert second.json() == {"key": key, "from_dead_letter": False}
        sent = place.queue.receive(10, wait_s=1, visibility_timeout_s=600)
        events = [event for one in sent for event in parse_notification(one.body)]
        assert [(event.key, event.etag) for event in events] == [(key, etag)] * 2
        assert all(one.sent_at > (failed.finished_at or one.sent_at) for one in sent)

        place.clients.s3.delete_object(Bucket=place.resources.bucket, Key=key)
        assert client.post(f"/api/videos/{key}/retry").status_code == 409
        write(place, a_record("uploads/good.mp4"))
        assert client.post("/api/videos/uploads/good.mp4/retry").status_code == 409
        assert client.post("/api/videos/uploads/none.mp4/retry").status_code == 404


def test_a_cached_page_shows_a_known_new_video(place: Place, own_api: Api) -> None:
    with own_api.client() as client:
        assert client.get("/api/thumbnails").json()["items"] == []
        write(place, a_record("uploads/new.mp4"))
        eventually(lambda: fresh(client, "/api/metrics")["videos"]["done"] == 1, "the video")
        assert len(client.get("/api/thumbnails").json()["items"]) == 3
