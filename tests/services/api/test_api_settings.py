"""The api's settings: each has an example that it takes, and they have to fit together."""

import os

import pytest

from services.contract.settings import ApiSettings, SettingsError

REQUIRED = {
    "AWS_REGION": "ap-southeast-2",
    "SQS_QUEUE_URL": "https://sqs.ap-southeast-2.amazonaws.com/123456789012/clips",
    "SQS_DLQ_URL": "https://sqs.ap-southeast-2.amazonaws.com/123456789012/clips-dlq",
    "S3_BUCKET": "clips-videos",
    "VIDEOS_TABLE": "clips-videos",
}
TOGETHER = {
    "pods_file": {"PODS_SOURCE": "file"},
    "auth_token_file": {"AUTH_TOKENS": ""},
    "auth_token_secret": {"AUTH_TOKENS": ""},
    "events_bus": {"EVENTS_ENABLED": "true"},
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower() in ApiSettings.model_fields:
            monkeypatch.delenv(name)
    for name, value in {**REQUIRED, "AUTH_TOKENS": "operator-token-for-tests"}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("setting", ApiSettings.model_fields)
def test_every_setting_takes_the_example_that_it_gives(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    field = ApiSettings.model_fields[setting]
    assert field.examples
    assert field.description
    assert field.description.endswith(".")
    for name, value in {setting.upper(): field.examples[0], **TOGETHER.get(setting, {})}.items():
        monkeypatch.setenv(name, value)
    assert getattr(ApiSettings.from_environment(), setting) is not None


@pytest.mark.parametrize(
    ("variables", "rule"),
    [
        ({"AUTH_TOKENS": ""}, "AUTH_MODE=token needs one of"),
        ({"AUTH_TOKEN_FILE": "/x"}, "set: AUTH_TOKENS, AUTH_TOKEN_FILE"),
        ({"AUTH_MODE": "oidc"}, "AUTH_OIDC_SIGNER and AUTH_OIDC_ISSUER"),
        ({"PODS_SOURCE": "file"}, "PODS_FILE"),
        ({"API_METRICS_PORT": "8000"}, "the same port"),
        ({"EVENTS_BUS": "thumbnails"}, "EVENTS_ENABLED=true"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], rule: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=rule):
        ApiSettings.from_environment()


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "operator-token" not in repr(ApiSettings.from_environment())
    monkeypatch.setenv("API_PORT", "many")
    with pytest.raises(SettingsError) as refused:
        ApiSettings.from_environment()
    assert "operator-token" not in str(refused.value)
