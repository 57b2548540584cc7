"""Pods of the pipeline, or its processes on one machine: a local supervisor writes them, and the api shows them."""

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Pod(BaseModel):
    """One pod. Names and phases are those of Kubernetes."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(examples=["thumbnails-worker-7d9c5b6f4-x2x8v"])
    component: str = Field(description="What it is: worker, api, frontend, frames.", examples=["worker"])
    phase: str = Field(
        description="Phase of the pod, or the reason why it does not run: Running, Pending, CrashLoopBackOff, "
        "ImagePullBackOff, Terminating and so on.",
        examples=["Running"],
    )
    ready: bool
    restarts: int = Field(ge=0)
    started_at: AwareDatetime | None = None
    node: str | None = None


class PodsFile(BaseModel):
    """File that a local supervisor writes periodically; an old file means that the supervisor has ended."""

    written_at: AwareDatetime
    pods: tuple[Pod, ...]
