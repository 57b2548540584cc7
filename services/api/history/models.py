"""Models of the answer with the history."""

from typing import Literal

from pydantic import AwareDatetime, Field

from services.api.schema.models import Answer
from services.contract.records import ReasonCode

RangeName = Literal["1h", "24h", "7d", "30d"]


class Times(Answer):
    """Percentiles of a time in seconds, estimated from a histogram whose buckets are 28 % wide at most."""

    p50_s: float | None = Field(description="Half of the videos took at most this long; null if none got thumbnails.")
    p95_s: float | None = Field(description="95 % of the videos took at most this long; null if none got thumbnails.")


class HistoryFigures(Answer):
    """Videos whose processing ended: each is counted once, and once more if a retry ends it again."""

    done: int
    degraded: int
    failed: int = Field(description="Without videos that were deleted while they were processed.")
    success_rate: float | None = Field(
        description="Share of done and degraded videos, from 0 to 1; null if no video ended.", examples=[0.998]
    )
    queue: Times = Field(description="Time from the message about the video to the attempt that made the thumbnails.")
    thumbnails: Times = Field(description="Time from the message about the video to its last thumbnail.")
    failures: dict[ReasonCode, int] = Field(
        description="Failed videos by reason, the most frequent first.", examples=[{"not_a_video": 3}]
    )


class HistoryPoint(HistoryFigures):
    at: AwareDatetime = Field(description="Start of the time that the point counts.")
    since: AwareDatetime = Field(
        description="Equal to `at`, or earlier if no api was running before: the point then has the videos since then."
    )


class History(Answer):
    range: RangeName
    step_s: int = Field(description="Length of a point in seconds.", examples=[900])
    total: HistoryFigures = Field(description="Figures of all points together.")
    points: list[HistoryPoint] = Field(
        description="Oldest first, without gaps: a point without videos has zeros. The last one has not ended."
    )
