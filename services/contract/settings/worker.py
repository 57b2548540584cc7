"""Settings of the worker and of the frontend."""

import os
import platform
from typing import Literal, Self

from pydantic import Field, model_validator

from services.contract.resources import DEFAULT_TRIES
from services.contract.settings.extraction import ExtractionSettings
from services.contract.settings.pipeline import Port, ServiceSettings
from services.contract.settings.thumbnails import ThumbnailSettings


class WorkerSettings(ThumbnailSettings, ExtractionSettings):
    worker_name: str = Field(
        default_factory=platform.node,
        description="Name of this worker in records and logs; by default the host's name.",
        examples=["worker-1"],
    )
    thumbnail_manifest: bool = Field(
        default=True,
        description="Also store a manifest: a JSON document with the video's outputs, their placeholders and probe "
        "data.",
        examples=["false"],
    )
    thumbnail_location: bool = Field(
        default=False,
        description="Write the place of the recording into the manifest, if the file has it.",
        examples=["true"],
    )
    worker_concurrency: int = Field(
        default_factory=lambda: (os.cpu_count() or 1) + 1,
        description="Number of videos that one worker processes at the same time; by default CPUs + 1.",
        ge=1,
        le=64,
        examples=["3"],
    )
    worker_metrics_port: Port | None = Field(
        default=None, description="Port of the Prometheus metrics; off when unset.", examples=["9090"]
    )
    worker_health_port: Port | None = Field(
        default=None, description="Port for the probes of Kubernetes; off when unset.", examples=["8080"]
    )
    processing_deadline_s: float = Field(
        default=60, description="Maximum seconds of one video; the worker then kills its child process.", gt=0, le=3600,
        examples=["60"],
    )  # fmt: skip
    delete_follows_source: bool = Field(
        default=True,
        description="Remove the record and the thumbnails of a video when its upload has been deleted. Uploads that a "
        "rule of the bucket expires keep theirs.",
        examples=["false"],
    )
    visibility_timeout_s: int = Field(
        default=60,
        description="Seconds that a received message stays hidden from other workers. The worker extends it every "
        "third of this time while it processes the video. Other workers get the videos of a killed worker after this "
        "time.",
        ge=2,
        le=43_200,
        examples=["60"],
    )
    receive_wait_s: int = Field(
        default=20, description="Seconds of a long poll. A drain can take as long.", ge=1, le=20, examples=["20"]
    )
    max_receive_count: int = Field(
        default=DEFAULT_TRIES,
        description="Attempts before a worker marks a video as failed. The queue's own maxReceiveCount is 25 more.",
        ge=1,
        le=975,
        examples=["5"],
    )
    retry_delay_s: float = Field(
        default=10,
        description="Seconds before the second attempt of a video; doubled for each further one, at most 900.",
        ge=0,
        le=900,
        examples=["10"],
    )
    shutdown_grace_s: float = Field(
        default=75,
        description="Seconds after a SIGTERM for videos in progress; the worker hands back those that are not "
        "finished.",
        gt=0,
        le=3600,
        examples=["75"],
    )

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        if self.worker_metrics_port is not None and self.worker_metrics_port == self.worker_health_port:
            raise ValueError("WORKER_METRICS_PORT and WORKER_HEALTH_PORT are the same port: give each its own")
        return self


class FrontendSettings(ServiceSettings):
    """Settings of the Next.js server, which reads them itself."""

    api_base_url: str = Field(
        default="http://thumbnail-api:8000",
        description="Address of the api for the server, without a path.",
        pattern=r"^https?://[^/]+$",
        examples=["http://thumbnails-api:8000"],
    )
    frames_base_url: str = Field(
        default="",
        description="Address of the frames service for the server, without a path; unset if a load balancer routes /f "
        "to it, or if there is none.",
        pattern=r"^(https?://[^/]+)?$",
        examples=["http://thumbnails-frames:8001"],
    )
    storage_origin: str = Field(
        default="",
        description="Origins of presigned URLs, separated by spaces: the content security policy allows thumbnails "
        "from them and uploads to them, and to nothing else.",
        pattern=r"^(https?://[^\s/*;,]+( |$))*$",
        examples=["https://acme-videos.s3.ap-southeast-2.amazonaws.com"],
    )
    port: Port = Field(default=3000, description="Port that Next.js listens on.", examples=["3000"])
    hostname: str = Field(
        default="0.0.0.0",  # noqa: S104 - as the description says
        description="Address that Next.js listens on; by default all, as the address of a pod is not known before it "
        "runs.",
        examples=["0.0.0.0"],  # noqa: S104 - as the description says
    )
    keep_alive_timeout: int = Field(
        default=3_610_000,
        description="Milliseconds that an idle connection stays open. It must be longer than at the load balancer, "
        "which otherwise answers 502.",
        ge=1000,
        examples=["3610000"],
    )
    max_header_bytes: int = Field(
        default=65_536,
        description="Maximum bytes of a request's address and headers together; more is answered with 431. The load "
        "balancer sends at most 64 KiB.",
        ge=8192,
        le=1_048_576,
        examples=["65536"],
    )
    max_connections: int = Field(
        default=4096,
        description="Maximum number of open connections, WebSockets included. Beyond it, the server closes the "
        "connection that is idle longest, or answers 503 if none is idle. Probes of /health are always answered.",
        ge=32,
        le=200_000,
        examples=["4096"],
    )
    header_timeout_ms: int = Field(
        default=10_000,
        description="Maximum milliseconds that the headers of a request take; 408 afterwards.",
        ge=100,
        le=300_000,
        examples=["10000"],
    )
    request_timeout_ms: int = Field(
        default=60_000,
        description="Maximum milliseconds that a request takes to arrive, body included; 408 afterwards.",
        ge=100,
        le=3_600_000,
        examples=["60000"],
    )
    node_env: Literal["production", "development", "test"] = Field(
        default="production", description="Mode of Node.", examples=["production"]
    )
    next_telemetry_disabled: Literal["0", "1"] = Field(
        default="1", description="1 turns off the usage reports of Next.js.", examples=["1"]
    )
