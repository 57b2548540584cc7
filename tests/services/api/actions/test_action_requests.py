"""Deletion, restoration, regeneration, dismissal, jobs and purges over HTTP: one api for all."""

from typing import Any

import httpx
import pytest

from services.contract.events import make_notification_body
from services.contract.outputs.stored import PosterCandidate
from services.contract.records import ReasonCode, VideoState
from services.contract.thumbnails import ThumbnailOverrides
from tests.services.api.actions.test_deletion import keep_versions
from tests.services.api.actions.test_dismissal import failed
from tests.services.api.process import VIEWER, Api, fresh, message_when
from tests.services.api.records import a_record, store, with_overview, write
from tests.support.driver import eventually
from tests.support.place import Place
from tests.support.processing import record_of, upload
from tests.support.stores import empty_queue, sent_events

KEY = "uploads/a.mp4"


def test_deletion_and_restoration_over_http(place: Place, own_api: Api) -> None:
    keep_versions(place)
    with own_api.client() as client:
        assert free_name(client) == KEY
        store(place, KEY)
        kept = client.delete(f"/api/videos/{KEY}")
        assert (kept.status_code, kept.json()) == (200, {"key": KEY, "upload_deleted": False, "restorable": True})
        assert client.get(f"/api/videos/{KEY}").json()["state"] == "deleted"
        assert client.get("/api/videos").json()["items"] == []
        assert [video["key"] for video in client.get("/api/videos?state=deleted").json()["items"]] == [KEY]

        assert free_name(client) != KEY
        gone = client.delete(f"/api/videos/{KEY}", params={"upload": True})
        assert gone.json() == {"key": KEY, "upload_deleted": True, "restorable": True}
        assert client.delete(f"/api/videos/{KEY}", params={"upload": True}).status_code == 404
        assert free_name(client) == KEY
        assert client.post(f"/api/videos/{KEY}/restoration").status_code == 202
        assert place.bucket.head(KEY).size_bytes == 7
        refused = client.delete(f"/api/videos/{KEY}", params={"upload": "perhaps"})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "query.upload")


def free_name(client: httpx.Client) -> str:
    """Return the key that an upload with the name of the video gets."""
    answer = client.post("/api/uploads", json={"name": KEY.removeprefix("uploads/"), "size_bytes": 7})
    return str(answer.raise_for_status().json()["key"])


def test_regenerations_over_http(place: Place, own_api: Api) -> None:
    store(place, KEY)
    place.bucket.put("uploads/b.mp4", b"film", content_type="video/mp4")
    write(place, a_record("uploads/b.mp4", VideoState.PROCESSING))
    write(place, a_record("uploads/gone.mp4"))
    empty_queue(place)
    with own_api.client() as client:
        accepted = client.post(f"/api/videos/{KEY}/regenerations")
        assert (accepted.status_code, accepted.json()) == (202, {"key": KEY})
        assert [(event.key, event.is_regeneration) for event in sent_events(place)] == [(KEY, True)]
        chosen = {"positions_pct": [5, 50.5], "width_px": 320, "format": "avif", "storyboard": True}
        assert client.post(f"/api/videos/{KEY}/regenerations", json=chosen).status_code == 202
        assert (
            client.post("/api/jobs", json={"kind": "regenerate", "keys": [KEY], "options": chosen}).status_code == 202
        )
        eventually(lambda: place.queue.depth().visible == 2, "the event of the job")
        sent = [
            event.options and event.options.model_dump(mode="json", exclude_none=True) for event in sent_events(place)
        ]
        assert sent == [chosen, chosen]
        wrong = {"positions_pct": [50, 5], "width_px": 8, "quality": "82", "format": "gif", "size": 1}
        broken = client.post(f"/api/videos/{KEY}/regenerations", json=wrong).json()["errors"]
        assert {error["field"].removeprefix("body."): error.get("value") for error in broken} == {
            "positions_pct": None,
            "width_px": "8",
            "quality": '"82"',
            "format": '"gif"',
            "size": "1",
        }
        assert all(error["rule"] for error in broken)
        refused = [client.post(f"/api/videos/uploads/{name}.mp4/regenerations") for name in ("b", "gone", "none")]
        assert [answer.status_code for answer in refused] == [409, 409, 404]


def test_a_poster_is_pinned_by_time_or_candidate(place: Place, own_api: Api) -> None:
    record = with_overview(place, KEY)
    assert record.poster is not None
    scores: dict[str, Any] = dict.fromkeys(("score", "sharpness", "exposure", "contrast", "colourfulness", "cut"), 0.5)
    candidates = tuple(PosterCandidate(time_s=time_s, **scores) for time_s in (4, 8))
    poster = record.poster.model_copy(update={"candidates": candidates})
    options = ThumbnailOverrides(width_px=320)
    place.videos.replace(record, record.model_copy(update={"poster": poster, "duration_s": 20.0, "options": options}))
    write(place, a_record("uploads/b.mp4", VideoState.FAILED))
    empty_queue(place)
    with own_api.client() as client:
        for choice in ({"time_s": 12.5}, {"candidate": 2}, None):
            accepted = client.patch(f"/api/videos/{KEY}", json={"poster": choice})
            assert (accepted.status_code, accepted.json()) == (202, {"key": KEY})
        sent = [event.options for event in sent_events(place) if event.is_regeneration]
        assert [one.model_dump(exclude_none=True) for one in sent if one] == [
            {"width_px": 320, "poster_time_s": 12.5},
            {"width_px": 320, "poster_time_s": 8.0},
            {"width_px": 320, "poster_time_s": "auto"},
        ]
        impossible = [{"time_s": 20.5}, {"candidate": 3}, {"time_s": -1}, {"time_s": 1, "candidate": 1}, {}]
        refused = [client.patch(f"/api/videos/{KEY}", json={"poster": one}).status_code for one in impossible]
        assert refused == [409, 409, 422, 422, 422]
        failed_one = client.patch("/api/videos/uploads/b.mp4", json={"poster": {"time_s": 1}})
        assert (failed_one.status_code, sent_events(place)) == (409, [])


def test_dismissal_over_http_and_a_retry_after_it(place: Place, own_api: Api) -> None:
    failed(place)
    empty_queue(place)
    with own_api.client() as client:
        eventually(lambda: fresh(client, "/api/metrics")["videos"]["failed"] == 1, "the failure")
        assert [client.post(f"/api/videos/{KEY}/dismissal").status_code for _ in range(2)] == [204, 204]
        assert client.get(f"/api/videos/{KEY}").json()["state"] == "dismissed"
        eventually(lambda: fresh(client, "/api/metrics")["videos"]["failed"] == 0, "no failure")
        assert client.get("/api/videos").json()["items"] == []
        assert [video["key"] for video in client.get("/api/videos?state=dismissed").json()["items"]] == [KEY]

        assert client.delete(f"/api/videos/{KEY}/dismissal").status_code == 204
        assert client.delete(f"/api/videos/{KEY}/dismissal").status_code == 409
        assert client.delete("/api/videos/uploads/none.mp4/dismissal").status_code == 404
        client.post(f"/api/videos/{KEY}/dismissal").raise_for_status()
        assert client.post(f"/api/videos/{KEY}/retry").json() == {"key": KEY, "from_dead_letter": False}
        assert [event.is_retry for event in sent_events(place)] == [True]


def test_a_redrive_is_offered_only_where_it_can_help(place: Place, own_api: Api) -> None:
    for name, code in (("a", ReasonCode.NOT_A_VIDEO), ("b", ReasonCode.TIMEOUT)):
        event = upload(place, b"film", f"uploads/{name}.mp4")
        place.dead_letters.put(make_notification_body(event), reason_code=code, reason="A reason.", attempts=1)
        record = a_record(event.key, VideoState.FAILED, etag=event.etag)
        write(place, record.model_copy(update={"reason_code": code}))
    with own_api.client() as client:
        found = client.get("/api/dead-letters").json()
        listed = client.get("/api/videos?state=failed").json()["items"]
    expected = {"not_a_video": False, "timeout": True}
    for shown in (found["items"], found["groups"], listed):
        assert {one["reason_code"]: one["retryable"] for one in shown} == expected


def test_a_purge_is_started_shown_and_listed_over_http(place: Place, own_api: Api) -> None:
    with own_api.client() as client:
        assert free_name(client) == KEY
        store(place, KEY)
        confirmation = client.get("/api/purge").json()["confirmation"]
        begun = client.post("/api/purges", json={"confirmation": confirmation})
        assert begun.status_code == 202
        path = begun.headers["Location"]
        assert path == f"/api/purges/{begun.json()['id']}"

        result = eventually(lambda: (shown := client.get(path).json())["state"] == "done" and shown, "the end")

        assert (result["running"], result["phase"], result["deleted"], result["records"]) == (False, "done", 4, 1)
        assert client.get("/api/purges").json()["items"] == [result]
        assert client.post("/api/purges", json={"confirmation": confirmation}).json() == result
        assert client.delete(path).status_code == 409
        assert client.get("/api/purges/none").status_code == client.delete("/api/purges/none").status_code == 404
        assert client.post("/api/purges", json={"confirmation": "forged"}).status_code == 428
        assert client.post("/api/purges", json={}).status_code == 422
        assert free_name(client) == KEY
    assert list(place.bucket.versions("")) == []


def test_jobs_over_http(place: Place, own_api: Api) -> None:
    keys = [store(place, f"uploads/{name}.mp4").key for name in ("a", "b")]
    with own_api.client() as client:
        video = client.get(f"/api/videos/{keys[1]}").json()
        begun = client.post("/api/jobs", json={"kind": "delete", "keys": [keys[0], video["id"], keys[0]]})
        assert (begun.status_code, begun.json()["total"]) == (202, 2)
        path = begun.headers["Location"]
        assert path == f"/api/jobs/{begun.json()['id']}"

        with own_api.socket(VIEWER) as socket:
            pushed = message_when(socket, lambda state: state["jobs"] and state["jobs"][0]["finished_at"])["jobs"][0]
        result = client.get(path).json()

        assert pushed.items() <= result.items()
        assert (result["state"], result["done"], result["failures"]) == ("done", 2, [])
        assert client.get("/api/jobs").json()["items"] == [result]
        assert client.delete(path).status_code == 409
        assert client.get("/api/jobs/0").status_code == 404
        chosen = {"folder": "trip", "extension": ".mp4", "until": "2026-01-31T09:00:00Z", "q": "a", "state": "failed"}
        filtered = client.post("/api/jobs", json={"kind": "retry", "filter": chosen})
        assert filtered.status_code == 202
        assert {name: value for name, value in filtered.json()["filter"].items() if value} == chosen
        assert {record_of(place, key).state for key in keys} == {VideoState.DELETED}


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"kind": "retry"}, "body.keys"),
        ({"kind": "retry", "keys": ["uploads/a.mp4"], "filter": {}}, "body.keys"),
        ({"kind": "retry", "keys": ["uploads/a.mp4"], "upload": True}, "body.upload"),
        ({"kind": "delete", "filter": {"state": "failed"}}, "body.max_videos"),
        ({"kind": "delete", "keys": ["uploads/a.mp4"], "max_videos": 1}, "body.max_videos"),
        ({"kind": "delete", "keys": ["uploads/a.mp4", "totals"]}, "body.keys.1"),
        ({"kind": "delete", "keys": [f"uploads/{number}{'x' * 1000}.mp4" for number in range(200)]}, "body.keys"),
        ({"kind": "retry", "keys": ["uploads/a.mp4"], "options": {"quality": 50}}, "body.options"),
        ({"kind": "burn", "keys": ["uploads/a.mp4"]}, "body.kind"),
        ({"kind": "retry", "filter": {"sate": "failed"}}, "body.filter.sate"),
        ({"kind": "retry", "filter": {"since": "2026-01-01"}}, "body.filter.since"),
        ({"kind": "retry", "filter": {"extension": "mp4"}}, "body.filter.extension"),
    ],
)
def test_a_wrong_job_names_field_and_rule(own_process: Api, request_: dict[str, Any], field: str) -> None:
    with own_process.client() as client:
        refused = client.post("/api/jobs", json=request_)
    assert (refused.status_code, [error["field"] for error in refused.json()["errors"]]) == (422, [field])
