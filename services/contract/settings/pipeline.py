"""Settings that all services share, and their reading from the environment."""

import os
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from services.contract.formats import VIDEO_EXTENSIONS, check_extensions
from services.contract.keys import THUMBNAIL_PREFIX, UPLOAD_PREFIX
from services.contract.outbox.events import Outbox
from services.contract.shards import MAX_SHARDS
from services.contract.thumbnails import check_positions

Port = Annotated[int, Field(ge=1, le=65535)]


class SettingsError(Exception):
    """Some settings are wrong; the message names all of them, each with its value, its rule and an example."""


class ServiceSettings(BaseSettings):
    """Base of the settings of every service: read from the environment, frozen."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    @classmethod
    def from_environment(cls, **overrides: Any) -> Self:
        """Return the settings from the environment variables; `overrides` take precedence.

        Raises:
            SettingsError: naming every wrong or missing setting at once.
        """
        try:
            return cls(**overrides)
        except ValidationError as error:
            given = os.environ | {name.upper(): value for name, value in overrides.items()}
            raise SettingsError(_explain_error(cls, error, given=given)) from None


class StorageSettings(ServiceSettings):
    """Settings of every service that reads videos. Credentials come from boto3's default chain."""

    aws_region: str = Field(
        description="AWS region of the pipeline.", pattern=r"^[a-z]{2,4}(-[a-z]+)+-\d$", examples=["ap-southeast-2"]
    )
    s3_bucket: str = Field(
        description="Bucket with videos and thumbnails.",
        pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        examples=["thumbnails-videos-123456789012"],
    )
    s3_source_buckets: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Further buckets with videos, which are read only, separated by commas. Their objects are known as "
        "uploads/<bucket>/<key>.",
        examples=["acme-films,acme-lectures"],
    )
    videos_table: str = Field(
        description="DynamoDB table with one record per video.",
        pattern=r"^[A-Za-z0-9_.-]{3,255}$",
        examples=["thumbnails-videos"],
    )
    otel_exporter_otlp_endpoint: str | None = Field(
        default=None,
        description="Address of an OpenTelemetry collector that takes traces over HTTP; no traces when unset. "
        "OpenTelemetry's other variables hold as well.",
        pattern=r"^https?://[^/]+(/.*)?$",
        examples=["http://collector.monitoring:4318"],
    )

    @field_validator("s3_source_buckets", mode="before")
    @classmethod
    def _split_buckets(cls, value: Any) -> Any:
        return split_list(value)


def split_list(value: Any) -> Any:
    """Return the parts of a list that is separated by commas; any other value as it is."""
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


class PipelineSettings(StorageSettings):
    """Settings of worker and api: the pipeline's resources."""

    sqs_queue_url: str = Field(
        description="URL of the queue that S3 notifies.",
        pattern=r"^https?://.+/.+$",
        examples=["https://sqs.ap-southeast-2.amazonaws.com/123456789012/thumbnails-videos"],
    )
    sqs_dlq_url: str = Field(
        description="URL of the dead-letter queue.",
        pattern=r"^https?://.+/.+$",
        examples=["https://sqs.ap-southeast-2.amazonaws.com/123456789012/thumbnails-videos-dlq"],
    )
    s3_thumbnail_prefix: str = Field(
        default=THUMBNAIL_PREFIX,
        description="Prefix of the thumbnails' keys; ends in a slash, and is not under the uploads.",
        pattern=r"^[^/].*/$",
        max_length=128,
        examples=[THUMBNAIL_PREFIX],
    )
    video_extensions: Annotated[tuple[str, ...], NoDecode] = Field(
        default=VIDEO_EXTENSIONS,
        description="Extensions of the uploads that are processed, separated by commas. They select uploads only: the "
        "content decides how a video is read.",
        examples=[".mp4,.mov,.mxf"],
    )
    table_shards: int = Field(
        default=1,
        description="Number of items over which the table's totals are spread, so that many workers can write at once; "
        "the index gets one partition per state for each 16 of them.",
        ge=1,
        le=MAX_SHARDS,
        examples=["8"],
    )
    events_enabled: bool = Field(
        default=False,
        description="Write an event with each end and deletion of a video, which the api sends to webhooks.",
        examples=["true"],
    )
    events_retention_days: int = Field(
        default=30,
        description="Days for which events are kept: so long, their deliveries are shown and can be replayed.",
        ge=4,
        le=365,
        examples=["30"],
    )
    thumbnail_positions: Annotated[tuple[float, ...], NoDecode] = Field(
        default=(10.0, 50.0, 95.0),
        description="Positions of the thumbnails in percent of the duration, separated by commas.",
        examples=["10,50,95"],
    )

    @property
    def outbox(self) -> Outbox | None:
        """Return the settings of the events, None if no events are written."""
        return Outbox(retention_days=self.events_retention_days) if self.events_enabled else None

    @field_validator(
        "thumbnail_positions", "video_extensions", "thumbnail_storyboard_formats", mode="before", check_fields=False
    )
    @classmethod
    def _split(cls, value: Any) -> Any:
        return split_list(value)

    @field_validator("video_extensions")
    @classmethod
    def _valid_extensions(cls, extensions: tuple[str, ...]) -> tuple[str, ...]:
        return check_extensions(extensions)

    @field_validator("thumbnail_positions")
    @classmethod
    def _valid_positions(cls, positions: tuple[float, ...]) -> tuple[float, ...]:
        return check_positions(positions)

    @field_validator("s3_thumbnail_prefix")
    @classmethod
    def _outside_uploads(cls, prefix: str) -> str:
        if prefix.startswith(UPLOAD_PREFIX):
            raise ValueError(f"must not be under {UPLOAD_PREFIX}: every thumbnail would be processed as an upload")
        return prefix


def _explain_error(settings: type[ServiceSettings], error: ValidationError, *, given: Mapping[str, Any]) -> str:
    lines = []
    for problem in error.errors():
        name = str(problem["loc"][0]) if problem["loc"] else ""
        field = settings.model_fields.get(name)
        rule = problem["msg"].removeprefix("Value error, ")
        if field is None:
            lines.append(f"  {rule}")
            continue
        shown = "(a secret)" if "Secret" in str(field.annotation) else repr(given.get(name.upper(), problem["input"]))
        value = "is not set" if problem["type"] == "missing" else f"= {shown}"
        lines.append(f"  {name.upper()} {value}")
        if problem["type"] != "missing":
            lines.append(f"    rule: {rule}")
        lines.append(f"    what: {field.description}")
        lines.append(f"    example: {name.upper()}={(field.examples or [''])[0]}")
    count = len(error.errors())
    return "\n".join([f"{count} wrong setting{'s' if count > 1 else ''} in the environment:", *lines])
