"""Settings of all services over HTTP, and what else reads the table in which worker and frames publish theirs."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.api.actions.dead_letters import DeadLetterStore
from services.api.actions.reindex import ReindexContext, reindex_table
from services.api.calls import AwsCalls
from services.api.settings import SettingsReader
from services.aws.shared import SharedItems
from services.aws.table.published_settings import publish_settings
from services.contract.settings import ApiSettings, FramesSettings, ServiceSettings, WorkerSettings
from services.contract.settings.values import Service, list_values, settings_key
from services.contract.version import VERSION
from tests.services.api.process import OPERATOR, VIEWER, Api, fresh
from tests.services.api.records import store
from tests.support.driver import eventually
from tests.support.place import Place
from tests.support.purging import ended, purge_of, shared_items, start

CLASSES: dict[Service, type[ServiceSettings]] = {"worker": WorkerSettings, "api": ApiSettings, "frames": FramesSettings}

Services = dict[str, dict[str, Any]]


def values_of(place: Place, **settings: Any) -> dict[str, Any]:
    return {**{name.lower(): value for name, value in place.environment().items()}, **settings}


def publish(place: Place, service: Service, *, age: timedelta = timedelta(), **settings: Any) -> None:
    """Publish as a process of the service did some time ago."""
    made = CLASSES[service].from_environment(**values_of(place, **settings))
    assert publish_settings(shared_items(place), service, list_values(made), now=datetime.now(UTC) - age)


def services_when(api: Api, is_wanted: Callable[[Services], bool]) -> Services:
    """Return the answer that a viewer gets as soon as it is the wanted one: it can be five seconds old."""

    def look() -> Services | None:
        with api.client(VIEWER) as client:
            answer = client.get("/api/settings").raise_for_status().json()
        found = {one["service"]: one for one in answer["services"]}
        return found if is_wanted(found) else None

    return eventually(look, "the settings of all services")


def test_settings_of_all_services_have_value_source_and_meaning(place: Place, own_api: Api) -> None:
    found = services_when(own_api, lambda found: not found["worker"]["variants"])
    assert list(found) == ["worker", "api", "frames"]
    assert {name: (one["is_running"], one["error"]) for name, one in found.items()} == {
        "worker": (False, None),
        "api": (True, None),
        "frames": (False, None),
    }

    publish(place, "worker", thumbnail_width_px=320)
    publish(place, "frames", frames_wait_s=7)
    found = services_when(own_api, lambda found: found["worker"]["is_running"])

    for service, settings in CLASSES.items():
        [variant] = found[service]["variants"]
        assert variant["version"] == VERSION
        assert [item["name"] for item in variant["items"]] == [name.upper() for name in settings.model_fields]
        assert all(item["description"] for item in variant["items"])
    items = {item["name"]: item for name in ("worker", "frames") for item in found[name]["variants"][0]["items"]}
    width, wait, tries = (items[name] for name in ("THUMBNAIL_WIDTH_PX", "FRAMES_WAIT_S", "MAX_RECEIVE_COUNT"))
    assert (width["value"], width["source"], width["default"]) == ("320", "environment", "640")
    assert (wait["value"], wait["source"]) == ("7", "environment")
    assert (tries["value"], tries["source"]) == ("5", "default")
    assert OPERATOR not in str(found)


def test_workers_that_differ_are_all_shown_while_they_run(place: Place, own_api: Api) -> None:
    publish(place, "worker", age=timedelta(minutes=4))
    publish(place, "worker", thumbnail_width_px=320)
    publish(place, "frames", age=timedelta(hours=1))

    found = services_when(own_api, lambda found: len(found["worker"]["variants"]) == 2)

    shown = [
        next(item["value"] for item in variant["items"] if item["name"] == "THUMBNAIL_WIDTH_PX")
        for variant in found["worker"]["variants"]
    ]
    assert shown == ["320", "640"]
    # Of a service that has ended, the last settings are shown.
    assert (found["frames"]["is_running"], len(found["frames"]["variants"])) == (False, 1)


def test_a_silent_table_hides_the_settings_of_the_others_only(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH_TOKENS", OPERATOR)
    settings = ApiSettings.from_environment(**values_of(place))
    calls = AwsCalls()
    reader = SettingsReader(settings, SharedItems(place.clients.dynamodb, "a-table-that-is-not-there"), calls)
    found = asyncio.run(reader.list_services()).services
    calls.close()

    # Without the frames service, there are no settings of it.
    assert [(one.service, len(one.variants), one.error) for one in found] == [
        ("worker", 0, "The videos table does not answer."),
        ("api", 1, None),
    ]


def test_published_settings_are_neither_listed_nor_counted(place: Place, own_api: Api) -> None:
    for name in ("a", "b"):
        store(place, f"uploads/{name}.mp4")
    publish(place, "worker")
    publish(place, "frames")

    with own_api.client() as client:
        listed = client.get("/api/videos").json()["items"]
        assert sorted(video["key"] for video in listed) == ["uploads/a.mp4", "uploads/b.mp4"]
        eventually(lambda: fresh(client, "/api/metrics")["videos"]["done"] == 2, "the totals")
        plan = client.post("/api/reconciliations", json={}).raise_for_status().json()

        def counts() -> dict[str, Any] | None:
            found: dict[str, Any] = client.get(f"/api/reconciliations/{plan['id']}").json()
            return None if found["state"] == "running" else found

        assert eventually(counts, "the end of the dry run")["counts"]["records"] == 2


def test_reindex_and_purge_leave_the_published_settings(place: Place) -> None:
    store(place, "uploads/a.mp4")
    publish(place, "worker")
    publish(place, "frames")
    keys = [settings_key("worker"), settings_key("frames")]
    before = place.videos.items(keys)
    assert len(before) == 2
    letters = DeadLetterStore(place.queue, place.dead_letters)

    reindexed = reindex_table(
        ReindexContext(place.bucket, place.videos, place.queue, letters, "thumbnails/", 3), lambda _: None
    )
    assert (reindexed.removed, place.videos.totals()["videos_done"]) == (0, 1)
    assert place.videos.items(keys) == before

    start(purge_of(place))
    assert ended(place).phase == "done"
    assert not any(item["pk"].startswith("uploads/") for item in place.videos.scan())
    assert place.videos.items(keys) == before
