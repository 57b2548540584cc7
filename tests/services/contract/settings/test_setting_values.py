"""Settings in force, as the api shows them."""

import pytest

from services.contract.settings import ApiSettings
from services.contract.settings.values import SettingValue, list_values

TOKEN = "a-token-that-is-never-shown"  # noqa: S105 - of the test


@pytest.fixture
def values(monkeypatch: pytest.MonkeyPatch) -> dict[str, SettingValue]:
    environment = {
        "AWS_REGION": "eu-west-1",
        "SQS_QUEUE_URL": "http://sqs/1/videos",
        "SQS_DLQ_URL": "http://sqs/1/videos-dlq",
        "S3_BUCKET": "videos",
        "VIDEOS_TABLE": "videos",
        "AUTH_TOKENS": TOKEN,
        "THUMBNAIL_POSITIONS": "5,95.5",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://me:hidden@collector:4318",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for name in ("URL_LIFETIME_S", "API_PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    return {one.name: one for one in list_values(ApiSettings.from_environment())}


def test_each_setting_has_its_value_source_and_meaning(values: dict[str, SettingValue]) -> None:
    assert list(values) == [name.upper() for name in ApiSettings.model_fields]
    positions, lifetime, public = (values[name] for name in ("THUMBNAIL_POSITIONS", "URL_LIFETIME_S", "API_PUBLIC_URL"))
    assert (positions.value, positions.source, positions.default) == ("5,95.5", "environment", "10,50,95")
    assert (lifetime.value, lifetime.source, lifetime.default) == ("900", "default", "900")
    assert (public.value, public.source, public.default) == (None, "default", None)
    assert (values["S3_BUCKET"].default, values["S3_BUCKET"].source) == (None, "environment")
    assert all(one.description for one in values.values())


def test_no_secret_is_shown(values: dict[str, SettingValue]) -> None:
    tokens = values["AUTH_TOKENS"]
    assert (tokens.value, tokens.default, tokens.is_secret, tokens.source) == (None, None, True, "environment")
    assert values["OTEL_EXPORTER_OTLP_ENDPOINT"].value == "http://***@collector:4318"
    assert TOKEN not in str(values)
    assert "hidden" not in str(values)
