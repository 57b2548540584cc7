"""Every service's settings: read from the environment once, validated whole, frozen.

Names are those of the environment variables in lower case. A Deployment's environment is written from these classes,
so that what the stacks write and what a service reads cannot differ.
"""

import os
import platform
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from services.contract.keys import THUMBNAIL_PREFIX, UPLOAD_PREFIX
from services.contract.thumbnails import ImageFormat, ThumbnailOptions, check_positions

Port = Annotated[int, Field(ge=1, le=65535)]


class SettingsError(Exception):
    """Some settings are wrong; the message names all of them, each with its value, its rule and an example."""


class PipelineSettings(BaseSettings):
    """What worker and api share: where the pipeline's resources are. Credentials come from boto3's default chain."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    aws_region: str = Field(
        description="AWS region of the pipeline.", pattern=r"^[a-z]{2,4}(-[a-z]+)+-\d$", examples=["ap-southeast-2"]
    )
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
    s3_bucket: str = Field(
        description="Bucket that holds videos and thumbnails.",
        pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        examples=["thumbnails-videos-123456789012"],
    )
    s3_thumbnail_prefix: str = Field(
        default=THUMBNAIL_PREFIX,
        description="Prefix of the thumbnails' keys: ends in a slash, not under the uploads.",
        pattern=r"^[^/].*/$",
        max_length=128,
        examples=[THUMBNAIL_PREFIX],
    )
    videos_table: str = Field(
        description="DynamoDB table with one record a video.",
        pattern=r"^[A-Za-z0-9_.-]{3,255}$",
        examples=["thumbnails-videos"],
    )

    @field_validator("s3_thumbnail_prefix")
    @classmethod
    def _outside_uploads(cls, prefix: str) -> str:
        if prefix.startswith(UPLOAD_PREFIX):
            raise ValueError(f"must not lie under {UPLOAD_PREFIX}: every thumbnail would be taken for an upload")
        return prefix

    @classmethod
    def from_environment(cls, **overrides: Any) -> Self:
        """The settings, from environment variables and, before them, the given values.

        Raises:
            SettingsError: naming every wrong or missing setting at once.
        """
        try:
            return cls(**overrides)
        except ValidationError as error:
            given = os.environ | {name.upper(): value for name, value in overrides.items()}
            raise SettingsError(_explain(cls, error, given=given)) from None


class WorkerSettings(PipelineSettings):
    worker_name: str = Field(
        default_factory=platform.node,
        description="Name of this worker in records and logs; the host's name unless set.",
        examples=["worker-1"],
    )
    worker_concurrency: int = Field(
        default_factory=lambda: (os.cpu_count() or 1) + 1,
        description="Videos that one worker works on at once; CPUs + 1 unless set.",
        ge=1,
        le=64,
        examples=["3"],
    )
    worker_metrics_port: Port | None = Field(
        default=None, description="Port of the Prometheus metrics; off when unset.", examples=["9090"]
    )
    worker_health_port: Port | None = Field(
        default=None, description="Port that answers the Kubernetes probes; off when unset.", examples=["8080"]
    )
    thumbnail_positions: Annotated[tuple[float, ...], NoDecode] = Field(
        default=(10.0, 50.0, 95.0),
        description="Positions of the thumbnails in percent of the duration, separated by commas.",
        examples=["10,50,95"],
    )
    thumbnail_width_px: int = Field(
        default=640, description="Width of the thumbnails at most, in pixels.", ge=16, le=4096, examples=["640"]
    )
    thumbnail_quality: int = Field(default=82, description="Quality of the thumbnails.", ge=1, le=100, examples=["82"])
    thumbnail_format: ImageFormat = Field(
        default=ImageFormat.JPEG, description="Format of the thumbnails: jpeg, webp or avif.", examples=["webp"]
    )
    thumbnail_smart: bool = Field(
        default=True,
        description="Where the nearest picture is black, white, flat or a blur, take a better one nearby.",
        examples=["false"],
    )
    processing_deadline_s: float = Field(
        default=60, description="Seconds that one video may take before its child process is ended.", gt=0, le=3600,
        examples=["60"],
    )  # fmt: skip
    extraction_cpu_s: int = Field(
        default=30, description="CPU seconds that one video's child process may use.", ge=1, le=3600, examples=["30"]
    )
    extraction_memory_mb: int = Field(
        default=1024, description="Address space of one video's child process, in MiB.", ge=512, le=16384,
        examples=["1024"],
    )  # fmt: skip
    extraction_read_mb: int = Field(
        default=256, description="MiB that may be read of one video.", ge=1, le=65536, examples=["256"]
    )
    extraction_requests: int = Field(
        default=2000, description="Reads that one video may cost.", ge=10, le=1_000_000, examples=["2000"]
    )
    visibility_timeout_s: int = Field(
        default=60,
        description="Seconds that a received message stays hidden from other workers; extended every third of it "
        "while its video is worked on. A killed worker's videos come back after this time.",
        ge=2,
        le=43_200,
        examples=["60"],
    )
    receive_wait_s: int = Field(
        default=20, description="Seconds of a long poll; also what a drain may wait for.", ge=1, le=20, examples=["20"]
    )
    max_receive_count: int = Field(
        default=5, description="Receives after which a video is given up: the queue's maxReceiveCount.", ge=1, le=1000,
        examples=["5"],
    )  # fmt: skip
    retry_delay_s: float = Field(
        default=10,
        description="Seconds before the second try of a video; doubled for each further one, at most 900.",
        ge=0,
        le=900,
        examples=["10"],
    )
    shutdown_grace_s: float = Field(
        default=75,
        description="Seconds that a SIGTERM leaves for videos in work; what is not finished by then is handed back.",
        gt=0,
        le=3600,
        examples=["75"],
    )

    @field_validator("thumbnail_positions", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value

    @field_validator("thumbnail_positions")
    @classmethod
    def _valid_positions(cls, positions: tuple[float, ...]) -> tuple[float, ...]:
        return check_positions(positions)

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        if self.worker_metrics_port is not None and self.worker_metrics_port == self.worker_health_port:
            raise ValueError("WORKER_METRICS_PORT and WORKER_HEALTH_PORT are one port: give each its own")
        return self

    @property
    def thumbnail_options(self) -> ThumbnailOptions:
        return ThumbnailOptions(
            positions_pct=self.thumbnail_positions,
            width_px=self.thumbnail_width_px,
            quality=self.thumbnail_quality,
            format=self.thumbnail_format,
            smart=self.thumbnail_smart,
        )


def _explain(settings: type[PipelineSettings], error: ValidationError, *, given: Mapping[str, Any]) -> str:
    lines = []
    for problem in error.errors():
        name = str(problem["loc"][0]) if problem["loc"] else ""
        field = settings.model_fields.get(name)
        rule = problem["msg"].removeprefix("Value error, ")
        if field is None:
            lines.append(f"  {rule}")
            continue
        value = "is not set" if problem["type"] == "missing" else f"= {given.get(name.upper(), problem['input'])!r}"
        lines.append(f"  {name.upper()} {value}")
        if problem["type"] != "missing":
            lines.append(f"    rule: {rule}")
        lines.append(f"    what: {field.description}")
        lines.append(f"    example: {name.upper()}={(field.examples or [''])[0]}")
    count = len(error.errors())
    return "\n".join([f"{count} wrong setting{'s' if count > 1 else ''} in the environment:", *lines])
