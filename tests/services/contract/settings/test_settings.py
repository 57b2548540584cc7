"""The environment of a service: read once, whole, and explained where it is wrong."""

import os
import re

import pytest
from pydantic import ValidationError

from services.contract.settings import (
    ApiSettings,
    FrontendSettings,
    PipelineSettings,
    ServiceSettings,
    SettingsError,
    WorkerSettings,
)

REQUIRED = {
    "AWS_REGION": "ap-southeast-2",
    "SQS_QUEUE_URL": "https://sqs.ap-southeast-2.amazonaws.com/123456789012/clips-videos",
    "SQS_DLQ_URL": "https://sqs.ap-southeast-2.amazonaws.com/123456789012/clips-videos-dlq",
    "S3_BUCKET": "clips-videos",
    "VIDEOS_TABLE": "clips-videos",
}

SERVICES: tuple[type[ServiceSettings], ...] = (WorkerSettings, ApiSettings, FrontendSettings)
SETTINGS = [(service, setting) for service in SERVICES for setting in service.model_fields]


class Environment:
    """The variables of one test: the required ones, and no other that a setting could be read from."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        for name in list(os.environ):
            if any(name.lower() in service.model_fields for service in SERVICES):
                monkeypatch.delenv(name)
        self.set(**REQUIRED)

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            self._monkeypatch.setenv(name, value)

    def unset(self, *names: str) -> None:
        for name in names:
            self._monkeypatch.delenv(name)

    def complaint(self, service: type[ServiceSettings] = WorkerSettings) -> str:
        """Return the message about a setting."""
        with pytest.raises(SettingsError) as caught:
            service.from_environment()
        return str(caught.value)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Environment:
    return Environment(monkeypatch)


def test_the_required_settings_are_enough(environment: Environment) -> None:
    del environment
    settings = WorkerSettings.from_environment()
    assert (settings.aws_region, settings.s3_bucket) == ("ap-southeast-2", "clips-videos")


def test_what_is_not_set_has_its_default(environment: Environment) -> None:
    del environment
    settings = WorkerSettings.from_environment()
    assert settings.s3_thumbnail_prefix == "thumbnails/"
    assert settings.thumbnail_positions == (10, 50, 95)
    assert settings.max_receive_count == 5
    assert settings.worker_concurrency == (os.cpu_count() or 1) + 1
    assert settings.worker_metrics_port is None
    assert settings.worker_name


def test_variables_are_read_in_the_type_of_their_setting(environment: Environment) -> None:
    environment.set(
        THUMBNAIL_POSITIONS=" 5, 50.5,95 ",
        THUMBNAIL_WIDTH_PX="320",
        THUMBNAIL_QUALITY="70",
        RETRY_DELAY_S="1.5",
        WORKER_METRICS_PORT="9090",
    )
    settings = WorkerSettings.from_environment()
    options = settings.thumbnail_options
    assert (options.positions_pct, options.width_px, options.quality) == ((5, 50.5, 95), 320, 70)
    assert (settings.retry_delay_s, settings.worker_metrics_port) == (1.5, 9090)


def test_the_layout_of_storyboards_is_a_preset_with_changes(environment: Environment) -> None:
    environment.set(
        THUMBNAIL_STORYBOARD_FORMATS="bif, hls,bif",
        THUMBNAIL_STORYBOARD_PRESET="tv",
        THUMBNAIL_STORYBOARD_INTERVAL_S="2.5",
    )
    layout = WorkerSettings.from_environment().thumbnail_options.storyboard_layout
    assert (layout.formats, layout.interval_s, layout.tile_px, layout.columns) == (("hls", "bif"), 2.5, 240, 4)
    environment.set(THUMBNAIL_STORYBOARD_COLUMNS="18")
    said = environment.complaint()
    assert "THUMBNAIL_STORYBOARD_TILE_PX: columns times tile size is at most 4096 px" in said


def test_extensions_are_read_in_any_case(environment: Environment) -> None:
    environment.set(VIDEO_EXTENSIONS=".MXF, .mov,.mxf")
    assert WorkerSettings.from_environment().video_extensions == (".mxf", ".mov")
    environment.set(VIDEO_EXTENSIONS="mxf")
    assert "rule: 1 to 100 extensions, each a dot and up to 16 letters or digits" in environment.complaint()


def test_denied_formats_can_be_none(environment: Environment) -> None:
    assert "sanm" in WorkerSettings.from_environment().extraction_denied_decoders
    environment.set(EXTRACTION_DENIED_DECODERS="none", EXTRACTION_DENIED_DEMUXERS="gif,swf")
    settings = WorkerSettings.from_environment()
    assert (settings.extraction_denied_decoders, settings.extraction_denied_demuxers) == ((), ("gif", "swf"))
    environment.set(EXTRACTION_DENIED_DECODERS="a b")
    assert "rule: FFmpeg's names of decoders or demuxers, or the one name none" in environment.complaint()


def test_an_empty_variable_counts_as_not_set(environment: Environment) -> None:
    environment.set(THUMBNAIL_WIDTH_PX="", WORKER_METRICS_PORT="", S3_BUCKET="")
    assert "S3_BUCKET is not set" in environment.complaint()
    environment.set(S3_BUCKET="clips")
    assert WorkerSettings.from_environment().thumbnail_width_px == 640


def test_other_variables_are_left_alone(environment: Environment) -> None:
    environment.set(THUMBNAIL_COLOUR="green")
    WorkerSettings.from_environment()


def test_given_values_come_before_the_environment(environment: Environment) -> None:
    environment.set(THUMBNAIL_WIDTH_PX="320")
    assert WorkerSettings.from_environment(thumbnail_width_px=160).thumbnail_width_px == 160


def test_settings_cannot_be_changed(environment: Environment) -> None:
    del environment
    settings = WorkerSettings.from_environment()
    with pytest.raises(ValidationError):
        settings.thumbnail_width_px = 320


@pytest.mark.parametrize(("service", "setting"), SETTINGS)
def test_every_setting_takes_the_example_that_it_gives(
    environment: Environment, service: type[ServiceSettings], setting: str
) -> None:
    examples = service.model_fields[setting].examples
    assert examples
    environment.set(**{setting.upper(): examples[0]})
    said = ""
    try:
        service.from_environment()
    except SettingsError as error:
        said = str(error)
    # It may need another one beside it; in itself it is right.
    assert f"  {setting.upper()} = " not in said


@pytest.mark.parametrize(("service", "setting"), SETTINGS)
def test_every_setting_has_a_description(service: type[ServiceSettings], setting: str) -> None:
    description = service.model_fields[setting].description
    assert description
    assert description.endswith(".")


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_setting_is_named_with_description_and_example(environment: Environment, name: str) -> None:
    environment.unset(name)
    field = WorkerSettings.model_fields[name.lower()]
    assert environment.complaint().splitlines() == [
        "1 wrong setting in the environment:",
        f"  {name} is not set",
        f"    what: {field.description}",
        f"    example: {name}={(field.examples or [None])[0]}",
    ]


WRONG = [
    ("AWS_REGION", "Sydney", "pattern"),
    ("SQS_QUEUE_URL", "clips-videos", "pattern"),
    ("SQS_DLQ_URL", "arn:aws:sqs:ap-southeast-2:123456789012:dlq", "pattern"),
    ("S3_BUCKET", "Clips_Videos", "pattern"),
    ("S3_BUCKET", "clips\n", "pattern"),
    ("S3_THUMBNAIL_PREFIX", "thumbnails", "pattern"),
    ("S3_THUMBNAIL_PREFIX", "/thumbnails/", "pattern"),
    ("S3_THUMBNAIL_PREFIX", "uploads/thumbnails/", "must not be under uploads/"),
    ("S3_THUMBNAIL_PREFIX", "x" * 128 + "/", "at most 128"),
    ("VIDEOS_TABLE", "t", "pattern"),
    ("WORKER_CONCURRENCY", "0", "greater than or equal to 1"),
    ("WORKER_CONCURRENCY", "many", "valid integer"),
    ("WORKER_METRICS_PORT", "65536", "less than or equal to 65535"),
    ("THUMBNAIL_POSITIONS", "10,fifty", "valid number"),
    ("THUMBNAIL_POSITIONS", "50,10", "ascend"),
    ("THUMBNAIL_POSITIONS", "0,50", "between 0 and 100"),
    ("THUMBNAIL_POSITIONS", "nan", "between 0 and 100"),
    ("THUMBNAIL_POSITIONS", ",", "valid number"),
    ("THUMBNAIL_STORYBOARD_FORMATS", "hls,smooth", "'hls', 'dash' or 'bif'"),
    ("THUMBNAIL_STORYBOARD_INTERVAL_S", "0.1", "greater than or equal to 0.5"),
    ("THUMBNAIL_WIDTH_PX", "8000", "less than or equal to 4096"),
    ("THUMBNAIL_WIDTH_PX", "640.5", "valid integer"),
    ("THUMBNAIL_QUALITY", "101", "less than or equal to 100"),
    ("PROCESSING_DEADLINE_S", "0", "greater than 0"),
    ("PROCESSING_DEADLINE_S", "nan", "less than or equal to 3600"),
    ("RETRY_DELAY_S", "inf", "less than or equal to 900"),
    ("EXTRACTION_MEMORY_MB", "64", "greater than or equal to 512"),
    ("RECEIVE_WAIT_S", "21", "less than or equal to 20"),
    ("VISIBILITY_TIMEOUT_S", "43201", "less than or equal to 43200"),
]


@pytest.mark.parametrize(("name", "value", "rule"), WRONG)
def test_a_wrong_setting_has_value_rule_and_example(environment: Environment, name: str, value: str, rule: str) -> None:
    environment.set(**{name: value})
    said = environment.complaint()
    assert f"  {name} = {value!r}" in said
    assert re.search(rf"^    rule: .*{rule}", said, re.MULTILINE)
    assert f"    example: {name}=" in said


def test_all_wrong_settings_are_named_at_once(environment: Environment) -> None:
    environment.unset("S3_BUCKET", "VIDEOS_TABLE")
    environment.set(THUMBNAIL_WIDTH_PX="wide", RECEIVE_WAIT_S="60", AWS_REGION="Sydney")
    said = environment.complaint()
    assert said.startswith("5 wrong settings in the environment:\n")
    named = re.findall(r"^  ([A-Z0-9_]+) ", said, re.MULTILINE)
    assert sorted(named) == ["AWS_REGION", "RECEIVE_WAIT_S", "S3_BUCKET", "THUMBNAIL_WIDTH_PX", "VIDEOS_TABLE"]


def test_a_complaint_shows_only_settings(environment: Environment) -> None:
    secrets = {"AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI", "AWS_SESSION_TOKEN": "IQoJb3JpZ2lu"}
    environment.set(**secrets, AWS_REGION="Sydney")
    environment.unset("S3_BUCKET")
    said = environment.complaint()
    assert not [name for name, secret in secrets.items() if secret in said]
    # Settings that are right are nobody's business either.
    assert REQUIRED["SQS_QUEUE_URL"] not in said


def test_a_secret_is_shown_nowhere(environment: Environment) -> None:
    environment.set(AUTH_TOKENS="correct-horse-battery-staple")
    assert "horse" not in repr(ApiSettings.from_environment())
    environment.set(API_PORT="many", PODS_SOURCE="file")
    assert "horse" not in environment.complaint(ApiSettings)


@pytest.mark.parametrize(
    ("variables", "rule"),
    [
        ({}, "AUTH_MODE=token needs one of AUTH_TOKENS, AUTH_TOKEN_FILE, AUTH_TOKEN_SECRET; set: none"),
        ({"AUTH_TOKENS": "k3J9hT0qVx2LwZ8s", "AUTH_TOKEN_FILE": "/run/token"}, "set: AUTH_TOKENS, AUTH_TOKEN_FILE"),
        ({"AUTH_MODE": "oidc"}, "AUTH_MODE=oidc needs AUTH_OIDC_SIGNER and AUTH_OIDC_ISSUER"),
        ({"AUTH_MODE": "none", "PODS_SOURCE": "file"}, "PODS_SOURCE=file and PODS_FILE go together"),
        ({"AUTH_MODE": "none", "PODS_FILE": "/run/pods.json"}, "PODS_SOURCE=file and PODS_FILE go together"),
        ({"AUTH_MODE": "none", "API_METRICS_PORT": "8000"}, "API_METRICS_PORT and API_PORT are the same port"),
    ],
)
def test_conflicting_settings_of_the_api_are_explained(
    environment: Environment, variables: dict[str, str], rule: str
) -> None:
    environment.set(**variables)
    assert rule in environment.complaint(ApiSettings)


def test_an_error_shows_the_override_and_not_the_environment(environment: Environment) -> None:
    environment.set(THUMBNAIL_WIDTH_PX="320")
    with pytest.raises(SettingsError, match="THUMBNAIL_WIDTH_PX = 8"):
        WorkerSettings.from_environment(thumbnail_width_px=8)


def test_two_servers_cannot_have_one_port(environment: Environment) -> None:
    environment.set(WORKER_METRICS_PORT="8080", WORKER_HEALTH_PORT="8080")
    assert re.search("WORKER_METRICS_PORT and WORKER_HEALTH_PORT", environment.complaint())


@pytest.mark.parametrize(
    "region", ["us-east-1", "ap-southeast-2", "us-gov-west-1", "cn-northwest-1", "il-central-1", "eusc-de-east-1"]
)
def test_every_partition_of_aws_has_regions(environment: Environment, region: str) -> None:
    environment.set(AWS_REGION=region)
    assert PipelineSettings.from_environment().aws_region == region


def test_the_queues_of_a_local_pipeline_have_plain_urls(environment: Environment) -> None:
    environment.set(SQS_QUEUE_URL="http://127.0.0.1:4566/000000000000/clips-videos")
    assert PipelineSettings.from_environment().sqs_queue_url.endswith("clips-videos")
