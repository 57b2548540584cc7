"""Settings of worker and frames in the videos table: who writes them, what they contain, and what is forgotten."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import Field, SecretStr
from structlog.testing import capture_logs

from services.aws.shared import Document, SharedItems
from services.aws.table import published_settings
from services.aws.table.published_settings import (
    MAX_VARIANTS,
    SettingsPublisher,
    publish_settings,
    read_settings,
)
from services.contract.resources import pipeline_resources
from services.contract.settings import WorkerSettings
from services.contract.settings.values import list_values, settings_key
from services.contract.version import VERSION
from services.local.provision import provision_resources
from tests.support.place import Place

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECRET = "a-secret-that-nobody-publishes"  # noqa: S105 - of the test


@pytest.fixture
def shared(place: Place) -> SharedItems:
    return SharedItems(place.clients.dynamodb, place.resources.table.name)


def settings_of(place: Place, **settings: Any) -> WorkerSettings:
    values = {name.lower(): value for name, value in place.environment().items()}
    return WorkerSettings.from_environment(**{**values, **settings})


def report(place: Place, now: datetime, **settings: Any) -> bool:
    """Report as a new worker with these settings does; return True if it wrote the item."""
    shared = SharedItems(place.clients.dynamodb, place.resources.table.name)
    return publish_settings(shared, "worker", list_values(settings_of(place, **settings)), now=now)


def widths(shared: SharedItems) -> list[tuple[str, str | None]]:
    """Return version and thumbnail width of each variant."""
    variants = read_settings(shared, "worker").variants
    return [
        (variant.version, next(item.value for item in variant.items if item.name == "THUMBNAIL_WIDTH_PX"))
        for variant in variants
    ]


def test_of_many_workers_that_start_together_one_writes(place: Place, shared: SharedItems) -> None:
    with ThreadPoolExecutor(20) as pool:
        wrote = list(pool.map(lambda number: report(place, NOW, worker_name=f"worker-{number}"), range(40)))

    assert wrote.count(True) == 1
    assert shared.document(settings_key("worker")).revision == 1
    assert widths(shared) == [(VERSION, "640")]


def test_a_running_variant_is_reported_every_two_minutes(place: Place, shared: SharedItems) -> None:
    assert [report(place, NOW + minutes * MINUTE) for minutes in (0, 1, 2, 3)] == [True, False, True, False]
    [variant] = read_settings(shared, "worker").variants
    assert variant.seen_at == NOW + 2 * MINUTE


def test_two_versions_and_values_are_kept_while_both_run(
    place: Place, shared: SharedItems, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(place, NOW)
    report(place, NOW + MINUTE, thumbnail_width_px=320)
    monkeypatch.setattr(published_settings, "VERSION", "9.9.9")
    report(place, NOW + 2 * MINUTE)

    assert widths(shared) == [("9.9.9", "640"), (VERSION, "320"), (VERSION, "640")]
    # The first one has not been reported for five minutes.
    report(place, NOW + 5 * MINUTE)
    assert widths(shared) == [("9.9.9", "640"), (VERSION, "320")]


def test_further_variants_wait_until_one_ends(place: Place, shared: SharedItems) -> None:
    reports = [report(place, NOW, thumbnail_width_px=100 + number) for number in range(MAX_VARIANTS + 1)]

    assert reports == [True] * MAX_VARIANTS + [False]
    assert report(place, NOW + 5 * MINUTE, thumbnail_width_px=999)
    assert widths(shared) == [(VERSION, "999")]


def test_an_item_of_another_form_is_replaced(place: Place, shared: SharedItems) -> None:
    shared.write(settings_key("worker"), Document(0, None), {"variants": [{"form": 2}]})

    assert read_settings(shared, "worker").variants == ()
    assert report(place, NOW)
    assert widths(shared) == [(VERSION, "640")]


def test_no_secret_and_no_name_of_a_worker_is_published(place: Place, shared: SharedItems) -> None:
    class SecretiveSettings(WorkerSettings):
        webhook_secret: SecretStr | None = Field(default=None, description="A secret.")

    values = {name.lower(): value for name, value in place.environment().items()}
    settings = SecretiveSettings.from_environment(
        **values,
        webhook_secret=SECRET,
        worker_name="worker-7",
        otel_exporter_otlp_endpoint=f"http://me:{SECRET}@collector:4318",
    )
    SettingsPublisher(shared, "worker", settings).report()

    [variant] = read_settings(shared, "worker").variants
    items = {item.name: item for item in variant.items}
    assert list(items) == [name.upper() for name in SecretiveSettings.model_fields]
    assert (items["WEBHOOK_SECRET"].value, items["WEBHOOK_SECRET"].is_secret) == (None, True)
    assert (items["WORKER_NAME"].value, items["WORKER_NAME"].is_per_process) == (None, True)
    assert items["OTEL_EXPORTER_OTLP_ENDPOINT"].value == "http://***@collector:4318"
    raw = place.clients.dynamodb.get_item(
        TableName=place.resources.table.name, Key={"pk": {"S": settings_key("worker")}}
    )["Item"]
    assert SECRET not in str(raw)
    assert "worker-7" not in str(raw)
    assert sum(len(str(value)) for value in raw.values()) < 16_384


def test_a_failure_is_logged_once_until_the_table_answers(place: Place) -> None:
    late = pipeline_resources(f"{place.resources.table.name}-late")
    shared = SharedItems(place.clients.dynamodb, late.table.name)
    publisher = SettingsPublisher(shared, "frames", settings_of(place))
    with capture_logs() as logs:
        publisher.report()
        publisher.report()
    assert [(line["event"], line["log_level"]) for line in logs] == [("settings_not_published", "warning")]
    assert "settings:frames" in logs[0]["error"]

    provision_resources(place.clients, late)
    with capture_logs() as logs:
        publisher.report()
    assert logs == []
    assert len(read_settings(shared, "frames").variants) == 1
