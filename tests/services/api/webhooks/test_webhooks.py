"""The api of webhooks and deliveries, with a receiver over HTTP."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from services.aws.videos import VideosTable
from services.contract.outbox.events import Outbox
from services.contract.records import VideoRecord
from tests.services.api.process import VIEWER, Api, get, running
from tests.support.driver import eventually
from tests.support.history import a_record, done
from tests.support.place import Place
from tests.support.receiver import Receiver

ON = {"EVENTS_ENABLED": "true", "EVENTS_ALLOW_PRIVATE_TARGETS": "true"}


@pytest.fixture(scope="module")
def api(shared_place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running(shared_place, tmp_path_factory.mktemp("api"), **ON, AUTH_MODE="token") as started:
        yield started


@pytest.fixture
def admin(api: Api) -> Iterator[httpx.Client]:
    """Return a client whose webhooks are deleted after the test."""
    with api.client() as client:
        yield client
        for webhook in client.get("/api/webhooks").json()["items"]:
            client.delete(f"/api/webhooks/{webhook['id']}").raise_for_status()


def make_webhook(admin: httpx.Client, receiver: Receiver, **fields: Any) -> dict[str, Any]:
    answer = admin.post("/api/webhooks", json={"url": receiver.url, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def end_video(place: Place, key: str) -> VideoRecord:
    videos = VideosTable(place.clients.dynamodb, place.resources.table.name, outbox=Outbox())
    record = done(a_record(key, base=f"thumbnails/{key}", message_id="m1"))
    return videos.replace(place.videos.get(key), record.model_copy(update={"finished_at": datetime.now(UTC)}))


def deliveries(client: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/api/deliveries", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_a_webhook_gets_a_signed_message_for_each_video(
    api: Api, admin: httpx.Client, shared_place: Place, receiver: Receiver
) -> None:
    made = make_webhook(admin, receiver, prefix="uploads/signed/", description="Media library")
    end_video(shared_place, "uploads/other/a.mp4")
    end_video(shared_place, "uploads/signed/a.mp4")

    (got,) = eventually(lambda: receiver.received, "a message")
    assert Webhook(made["secret"]).verify(got.body, got.headers)["data"]["key"] == "uploads/signed/a.mp4"
    (found,) = eventually(lambda: deliveries(admin, webhook=made["id"], state="delivered"), "the delivery")
    assert (found["event_id"], found["key"], found["type"]) == (got.id, "uploads/signed/a.mp4", "video.done")
    assert [attempt["status_code"] for attempt in found["attempts"]] == [204]
    assert found["next_attempt_at"] is None
    assert made["secret"] not in api.log.read_text()
    (text,) = eventually(lambda: [one for one in api.log.read_text().splitlines() if got.id in one], "its line")
    line = json.loads(text)
    assert line["event"] == "event_delivered"
    assert line["object_key"] == "uploads/signed/a.mp4"
    assert line["trace_id"] == json.loads(got.body)["data"]["trace_id"]


def test_a_secret_shown_once_signs_a_day_after_rotation(admin: httpx.Client, receiver: Receiver) -> None:
    made = make_webhook(admin, receiver)
    listed = admin.get("/api/webhooks").text
    assert made["secret"] not in listed
    assert json.loads(listed)["items"][0]["secret_version"] == 1

    rotated = admin.post(f"/api/webhooks/{made['id']}/secrets")
    assert rotated.status_code == 201
    assert rotated.json()["secret"] != made["secret"]
    (listed_now,) = admin.get("/api/webhooks").json()["items"]
    assert (listed_now["secret_version"], listed_now["previous_secret_until"]) == (
        2,
        rotated.json()["previous_valid_until"],
    )

    test = admin.post(f"/api/webhooks/{made['id']}/tests").json()
    assert (test["status_code"], test["error"]) == (204, None)
    (got,) = receiver.received
    for secret in (made["secret"], rotated.json()["secret"]):
        assert Webhook(secret).verify(got.body, got.headers)["type"] == "webhook.test"


def test_an_operator_replays_one_delivery_and_a_window(
    admin: httpx.Client, shared_place: Place, receiver: Receiver
) -> None:
    made = make_webhook(admin, receiver, prefix="uploads/replayed/")
    began = datetime.now(UTC) - timedelta(seconds=1)
    key = "uploads/replayed/a.mp4"
    for _ in range(2):
        end_video(shared_place, key)
    eventually(lambda: len(deliveries(admin, webhook=made["id"], state="delivered")) == 2, "both deliveries")
    ids = [one.id for one in receiver.received]

    one = deliveries(admin, webhook=made["id"])[0]
    again = admin.post(f"/api/deliveries/{one['id']}/replays")
    assert (again.status_code, again.json()["state"]) == (202, "pending")
    eventually(lambda: len(receiver.received) == 3, "the replay")
    assert receiver.received[2].id == one["event_id"]

    window = {"since": began.isoformat(), "until": datetime.now(UTC).isoformat()}
    answer = admin.post(f"/api/webhooks/{made['id']}/replays", json=window)
    assert (answer.status_code, answer.json()) == (202, {"deliveries": 2})
    eventually(lambda: len(receiver.received) == 5, "the replay of the window")
    assert [one.id for one in receiver.received[3:]] == ids

    outside = {"since": "2020-01-01T00:00:00Z", "until": "2020-01-02T00:00:00Z"}
    assert admin.post(f"/api/webhooks/{made['id']}/replays", json=outside).json() == {"deliveries": 0}
    for state in (["failed"], ["deleted"]):
        answer = admin.post(f"/api/webhooks/{made['id']}/replays", json={**window, "states": state})
        assert answer.json() == {"deliveries": 0}


def test_pages_of_deliveries_have_each_delivery_once(
    admin: httpx.Client, shared_place: Place, receiver: Receiver
) -> None:
    webhooks = [make_webhook(admin, receiver, prefix="uploads/paged/")["id"] for _ in range(2)]
    for number in range(3):
        end_video(shared_place, f"uploads/paged/{number}.mp4")
    eventually(lambda: len(receiver.received) == 6, "all messages")
    eventually(lambda: not deliveries(admin, state="pending"), "all deliveries")

    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        query = {"limit": 1, **({"cursor": cursor} if cursor else {})}
        page = admin.get("/api/deliveries", params=query).json()
        assert len(page["items"]) <= 1
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len({one["id"] for one in found}) == len(found)
    assert {(one["key"], one["webhook"]) for one in found if one["webhook"] in webhooks} == {
        (f"uploads/paged/{number}.mp4", webhook) for number in range(3) for webhook in webhooks
    }


def test_a_target_that_is_gone_switches_its_webhook_off(
    admin: httpx.Client, shared_place: Place, receiver: Receiver
) -> None:
    receiver.answer = lambda _: 410
    made = make_webhook(admin, receiver)
    end_video(shared_place, "uploads/gone/a.mp4")

    def look() -> dict[str, Any] | None:
        (webhook,) = admin.get("/api/webhooks").json()["items"]
        return None if webhook["enabled"] else webhook

    assert "410" in eventually(look, "the end of the webhook")["disabled_reason"]
    refused = admin.post(
        f"/api/webhooks/{made['id']}/replays",
        json={"since": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"},
    )
    assert (refused.status_code, "switched off" in refused.json()["detail"]) == (409, True)
    on = admin.patch(f"/api/webhooks/{made['id']}", json={"enabled": True, "states": ["done"]}).json()
    assert (on["enabled"], on["disabled_reason"], on["states"]) == (True, None, ["done"])


def test_only_admins_manage_webhooks_and_see_their_addresses(api: Api, admin: httpx.Client, receiver: Receiver) -> None:
    made = make_webhook(admin, receiver)
    tokens = {
        scope: admin.post("/api/tokens", json={"name": scope, "scope": scope}).json()["token"]
        for scope in ("read", "act")
    }
    path = f"/api/webhooks/{made['id']}"
    managing = [
        ("POST", "/api/webhooks", {"url": receiver.url}),
        ("PATCH", path, {"enabled": False}),
        ("DELETE", path, None),
        ("POST", f"{path}/secrets", None),
    ]
    for token in (*tokens.values(), VIEWER):
        with api.client(token) as client:
            for method, address, body in managing:
                assert client.request(method, address, json=body).status_code == 403, (token, method, address)
            (shown,) = client.get("/api/webhooks").json()["items"]
            assert shown["url"] == receiver.url.removesuffix("/hooks")
    with api.client(token=None) as nobody:
        for method, address, body in managing:
            assert nobody.request(method, address, json=body).status_code == 401
    with api.client(tokens["act"]) as operator:
        assert operator.post(f"{path}/tests").status_code == 200
    with api.client(tokens["read"]) as reader:
        assert reader.post(f"{path}/tests").status_code == 403


def test_unknown_webhooks_and_deliveries_are_not_found(admin: httpx.Client) -> None:
    answers = [
        admin.patch("/api/webhooks/none", json={"enabled": True}),
        admin.delete("/api/webhooks/none"),
        admin.post("/api/webhooks/none/secrets"),
        admin.post("/api/webhooks/none/tests"),
        *(admin.post(f"/api/deliveries/{wrong}/replays") for wrong in ("none", "W10", "bnVsbA", "WzEsMl0")),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)


@pytest.mark.parametrize("url", ["ftp://example.com/", "https://user@example.com/", "https://", "no url"])
def test_a_url_against_the_rules_is_refused_with_its_rule(admin: httpx.Client, url: str) -> None:
    refused = admin.post("/api/webhooks", json={"url": url})

    assert refused.status_code == 422
    (broken,) = refused.json()["errors"]
    assert (broken["field"], broken["rule"][:5]) == ("body.url", "must ")


def test_private_targets_are_refused_and_events_off_say_so(
    api: Api, place: Place, receiver: Receiver, tmp_path: Any
) -> None:
    del api
    with running(place, tmp_path, EVENTS_ENABLED="true") as public, public.client() as admin:
        for url in (receiver.url.replace("http:", "https:"), "https://169.254.169.254/latest/meta-data", receiver.url):
            refused = admin.post("/api/webhooks", json={"url": url})
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body.url")
        assert admin.get("/api/webhooks").json() == {"enabled": True, "items": []}
        assert 'thumbnail_event_deliveries_total{outcome="dead"} 0.0' in get(public.metrics_url).text
    assert receiver.received == []
    with running(place, tmp_path) as off, off.client() as admin:
        refused = admin.post("/api/webhooks", json={"url": "https://example.com/"})
        assert (refused.status_code, "EVENTS_ENABLED" in refused.json()["detail"]) == (409, True)
        assert admin.get("/api/webhooks").json() == {"enabled": False, "items": []}
        assert admin.get("/api/deliveries").json() == {"items": [], "next_cursor": None}
        end_video(place, "uploads/a.mp4")
        assert "thumbnail_event_" not in get(off.metrics_url).text
