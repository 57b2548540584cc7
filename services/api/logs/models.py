"""Models of the question for log lines and of its answer."""

from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from services.api.schema.models import Answer, Shown
from services.api.schema.parameters import Time

Service = Literal["worker", "api", "frontend", "frames"]
Level = Literal["info", "warning", "error"]

MAX_LINES = 500


class LogFilter(BaseModel):
    """Parameters of a query. A line is listed if it fulfils all that are given."""

    model_config = ConfigDict(frozen=True)

    since: Time | None = Field(
        default=None, description="Only lines of this time or later. By default an hour before `until`."
    )
    until: Time | None = Field(default=None, description="Only lines before this time. By default now.")
    service: Service | None = Field(default=None, description="Only lines of this service.")
    level: Level | None = Field(
        default=None, description="Only lines of this level or a higher one; without it, also lines without a level."
    )
    q: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Only lines that contain this text. Case and accents do not count.",
        examples=["timeout"],
    )
    key: str | None = Field(
        default=None, min_length=1, max_length=1024, description="Only lines about this video.", title="Key"
    )
    trace_id: str | None = Field(
        default=None, pattern=r"^[0-9a-f]{32}$", description="Only lines of this upload: `trace_id` of a video."
    )
    limit: int = Field(
        default=100,
        ge=1,
        le=MAX_LINES,
        description="Maximum number of lines. Lines of the same millisecond stay together.",
    )

    @model_validator(mode="after")
    def _range_is_whole(self) -> Self:
        if self.since and self.until and self.since >= self.until:
            raise ValueError("since must be before until")
        return self


class LogLine(Answer):
    id: str
    at: AwareDatetime = Field(description="Time in milliseconds.")
    service: Service
    source: Shown = Field(
        description="Name of the pod, or of the process on one machine.", examples=["thumbnails-worker-7d9f5c6b8-x2x7q"]
    )
    level: str | None = Field(description="Null for text that a program or a library printed.", examples=["info"])
    event: Shown = Field(description="Name of the event, or the text.", examples=["video_done"])
    key: str | None = Field(description="Key of the video, if it is about one.", examples=["uploads/trip/harbour.mp4"])
    trace_id: str | None = Field(description="Id of the upload, if it is about one.")
    fields: dict[str, Shown] = Field(
        description="Further fields as text, without signatures and tokens.", examples=[{"cpu_s": "0.21"}]
    )


class LogPage(Answer):
    items: list[LogLine] = Field(description="The newest first.")
    since: AwareDatetime = Field(description="Beginning of the range that was asked for.")
    read_since: AwareDatetime = Field(
        description="The page has all lines from this time on. Later than `since` if the page is full, or if the scan "
        "ended early because there are too many lines to read at once."
    )
    is_full: bool = Field(
        description="True if the page has as many lines as were asked for. If not, and `next_until` is given, the scan "
        "ended early."
    )
    next_until: AwareDatetime | None = Field(description="`until` of the next page; null if the range has been read.")
