"""Sections of `pipeline.toml` about pods: their sizes and numbers."""

from typing import Literal, Self

from pydantic import Field, model_validator

from stacks.config.fargate import MEMORY_MIB, OVERHEAD_MIB, is_exact
from stacks.config.types import Section, broken_rule

CpuMillis = Literal[250, 500, 1000, 2000, 4000]


class PodSize(Section):
    """Requests of a pod, which are its limits as well."""

    cpu_millis: CpuMillis = Field(description="Thousandths of a vCPU.", examples=[1000])
    memory_mib: int = Field(
        ge=256,
        description="MiB: a size that Fargate has for the CPU, less the 256 MiB that it adds.",
        examples=[1792],
    )

    @model_validator(mode="after")
    def _is_a_size(self) -> Self:
        if not is_exact(self.cpu_millis, self.memory_mib):
            sizes = ", ".join(str(size - OVERHEAD_MIB) for size in MEMORY_MIB[self.cpu_millis])
            rule = f"with {self.cpu_millis} thousandths of a vCPU one of {sizes}"
            raise broken_rule(rule, ["memory_mib", "cpu_millis"])
        return self


class Worker(PodSize):
    cpu_millis: CpuMillis = Field(default=1000, description="Thousandths of a vCPU.")
    memory_mib: int = Field(default=1792, ge=256, description="MiB: a Fargate size less the 256 MiB that it adds.")
    concurrency: int = Field(default=2, ge=1, le=16, description="Videos that one worker processes at once.")
    max_replicas: int = Field(
        default=10, ge=1, le=500, description="Maximum number of workers; an empty queue has none."
    )
    messages_per_replica: int = Field(default=3, ge=1, le=1000, description="Messages for each worker that KEDA adds.")
    polling_interval_s: int = Field(default=15, ge=5, le=300, description="Seconds between KEDA's reads of the queue.")
    cooldown_s: int = Field(
        default=120, ge=0, le=3600, description="Seconds with an empty queue before the last worker ends."
    )


class Web(PodSize):
    cpu_millis: CpuMillis = Field(default=250, description="Thousandths of a vCPU.")
    memory_mib: int = Field(default=768, ge=256, description="MiB: a Fargate size less the 256 MiB that it adds.")
    min_replicas: int = Field(
        default=1, ge=1, le=20, description="Minimum number of pods; set two if an outage matters."
    )
    max_replicas: int = Field(default=3, ge=1, le=20, description="Maximum number of pods.")
    cpu_target_pct: int = Field(default=70, ge=10, le=95, description="CPU use that the autoscaler aims at.")

    @model_validator(mode="after")
    def _ascends(self) -> Self:
        if self.min_replicas > self.max_replicas:
            rule = f"not above max_replicas, which is {self.max_replicas}"
            raise broken_rule(rule, ["min_replicas", "max_replicas"])
        return self


class Frames(Web):
    enabled: bool = Field(default=False, description="True to run the frames service, at `/f` of the load balancer.")
    cpu_millis: CpuMillis = Field(default=1000, description="Thousandths of a vCPU.")
    memory_mib: int = Field(default=1792, ge=256, description="MiB: a Fargate size less the 256 MiB that it adds.")
    concurrency: int = Field(default=2, ge=1, le=16, description="Frames that one pod extracts at once.")
    expiry_days: int = Field(
        default=30,
        ge=1,
        le=3650,
        description="Days after which a cached frame is deleted; the service makes it again for the next request. The "
        "rule of the bucket is there whether the service runs or not.",
    )
