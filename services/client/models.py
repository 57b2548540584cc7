"""Results and the error of the client, and the addresses of videos."""

import base64
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import urljoin

from pydantic import AwareDatetime, BaseModel, ConfigDict


class PipelineError(Exception):
    """An operation has failed. `problem` is the api's problem document; `status` is 0 if there was no answer."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail") or problem.get("title") or "The operation has failed."))
        self.problem = problem
        self.status = int(problem.get("status", 0))


class Thumbnail(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")

    position_pct: float
    time_s: float
    url: str
    """Presigned URL, valid for minutes."""
    stable_url: str
    """Signed URL for pages, which stays the same."""
    width_px: int
    height_px: int


class Video(BaseModel):
    """A video; further fields of the api's answer are attributes as well."""

    model_config = ConfigDict(frozen=True, extra="allow")

    key: str
    id: str
    state: str
    reason_code: str | None = None
    reason: str | None = None
    queued_at: AwareDatetime
    updated_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    duration_s: float | None = None
    size_bytes: int
    thumbnails: tuple[Thumbnail, ...]

    @classmethod
    def from_answer(cls, data: Mapping[str, Any], url: str) -> Self:
        """Return the video of an answer from the api with this address."""
        thumbnails = [{**one, "stable_url": urljoin(url, one["stable_url"])} for one in data["thumbnails"]]
        return cls.model_validate({**data, "thumbnails": thumbnails})


def video_path(key: str) -> str:
    """Return the path of a video, with its id in place of the key: clients change a path with `..` or `//`."""
    return f"/api/videos/~{base64.urlsafe_b64encode(key.encode()).decode().rstrip('=')}"
