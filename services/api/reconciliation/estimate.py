"""Estimate of the time and the cost of a reconciliation. Pure.

The prices are those of us-east-1 in `stacks/cost/prices.toml`, as a test checks; services do not import stacks.
"""

from services.api.schema.reconciliation_models import ReconciliationCounts, ReconciliationEstimate

PRICES = {
    "s3_put_thousand": 0.005,
    "s3_get_thousand": 0.0004,
    "sqs_million": 0.40,
    "dynamodb_write_million": 0.625,
    "dynamodb_read_million": 0.125,
    "fargate_vcpu_hour": 0.04048,
}
VIDEO = {"reads": 15, "work_s": 2.0, "sqs_requests": 5, "dynamodb_writes": 13, "dynamodb_reads": 6}
"""Requests and seconds of one vCPU of a typical video."""

PICTURES_OF_VIDEO = 3
_PAGE = 1000
_REMOVAL_S = 0.1
_REMOVAL_WRITES = 12
"""Write units of the removal of a video: record, index, totals and claim, and the release of the claim."""


def make_estimate(counts: ReconciliationCounts, *, window: int, video_s: float | None) -> ReconciliationEstimate:
    """Return the estimate; `video_s` are the mean seconds from the start to the end of a video, if known."""
    video_s = video_s or VIDEO["work_s"]
    # The window is looked at once a second.
    queueing_s = counts.queued * max(video_s, 1.0) / window
    listings = (2 * counts.uploads + counts.pictures) / _PAGE + counts.gone + counts.surplus / PICTURES_OF_VIDEO
    usd = (
        counts.queued * _cost_of_video()
        + listings * PRICES["s3_put_thousand"] / 1000
        + (counts.records + counts.uploads) * PRICES["dynamodb_read_million"] / 1e6
        + counts.gone * _REMOVAL_WRITES * PRICES["dynamodb_write_million"] / 1e6
    )
    return ReconciliationEstimate(seconds=round(queueing_s + counts.gone * _REMOVAL_S, 1), usd=round(usd, 4))


def _cost_of_video() -> float:
    return (
        VIDEO["reads"] * PRICES["s3_get_thousand"] / 1000
        + PICTURES_OF_VIDEO * PRICES["s3_put_thousand"] / 1000
        + VIDEO["sqs_requests"] * PRICES["sqs_million"] / 1e6
        + VIDEO["dynamodb_writes"] * PRICES["dynamodb_write_million"] / 1e6
        + VIDEO["dynamodb_reads"] * PRICES["dynamodb_read_million"] / 1e6
        + VIDEO["work_s"] * PRICES["fargate_vcpu_hour"] / 3600
    )
