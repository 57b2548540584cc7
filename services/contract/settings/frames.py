"""Settings of the frames service."""

import os
from typing import Annotated, Self

from pydantic import Field, model_validator

from services.contract.settings.extraction import ExtractionSettings
from services.contract.settings.pipeline import Port, StorageSettings

_Frames = Annotated[int, Field(ge=1, le=100_000)]
_Seconds = Annotated[float, Field(gt=0, le=600)]


class FramesSettings(StorageSettings, ExtractionSettings):
    frames_host: str = Field(
        default="0.0.0.0",  # noqa: S104 - in a pod, behind a network policy and a load balancer
        description="Address that the frames service listens on.",
        examples=["127.0.0.1"],
    )
    frames_port: Port = Field(default=8001, description="Port of HTTP.", examples=["8001"])
    frames_metrics_port: Port | None = Field(
        default=None,
        description="Port of the Prometheus metrics, not reachable through the load balancer; off when unset.",
        examples=["9090"],
    )
    frames_concurrency: int = Field(
        default_factory=lambda: (os.cpu_count() or 1) + 1,
        description="Number of frames that one process extracts at the same time; by default CPUs + 1.",
        ge=1,
        le=64,
        examples=["3"],
    )
    frames_max_waiting: _Frames = Field(
        default=512,
        description="Maximum number of frames that one process extracts or that wait for it; more is answered with "
        "503. Requests for the same frame count once.",
        examples=["512"],
    )
    frames_max_waiting_per_video: _Frames = Field(
        default=256,
        description="Maximum number of frames of one video among them; more is answered with 429.",
        examples=["256"],
    )
    frames_wait_s: _Seconds = Field(
        default=60, description="Maximum seconds that a frame waits for its turn; 503 afterwards.", examples=["60"]
    )
    frames_deadline_s: _Seconds = Field(
        default=20, description="Maximum seconds of one frame; its child process is killed afterwards.", examples=["20"]
    )
    frames_max_connections: int = Field(
        default=2048,
        description="Maximum number of open connections. Beyond it, the service closes the connection that is idle "
        "longest, or answers 503 if none is idle. Probes of /health are always answered.",
        ge=64,
        le=200_000,
        examples=["2048"],
    )
    frames_keep_alive_s: int = Field(
        default=3610,
        description="Seconds that an idle connection stays open. It must be longer than at the load balancer, which "
        "otherwise answers 502.",
        ge=1,
        examples=["3610"],
    )
    frames_shutdown_grace_s: float = Field(
        default=15, description="Seconds after a SIGTERM for requests in progress.", gt=0, le=3600, examples=["15"]
    )

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        if self.frames_port == self.frames_metrics_port:
            raise ValueError("FRAMES_METRICS_PORT and FRAMES_PORT are the same port: give each its own")
        return self
