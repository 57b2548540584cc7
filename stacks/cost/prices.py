"""The prices, as `prices.toml` holds them."""

import tomllib
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Usd(_Table):
    """Dollars for one of each."""

    eks_cluster_hour: float
    fargate_vcpu_hour: float
    fargate_gb_hour: float
    nat_hour: float
    nat_gb: float
    public_ipv4_hour: float
    load_balancer_hour: float
    load_balancer_unit_hour: float
    s3_gb_month: float
    s3_put_thousand: float
    s3_get_thousand: float
    sqs_million: float
    dynamodb_write_million: float
    dynamodb_read_million: float
    dynamodb_gb_month: float
    metric_month: float
    alarm_month: float
    logs_gb: float
    secret_month: float
    kms_key_month: float
    ecr_gb_month: float
    zone_month: float
    events_million: float


class Free(_Table):
    """Given to every account each month."""

    sqs_millions: float
    metrics: int
    alarms: int
    logs_gb: float
    dynamodb_gb: float


class Assumed(_Table):
    """Assumptions about facts that the config does not have."""

    hours: float
    video_mb: float
    read_mb: float
    reads: int
    work_s: float
    pod_start_s: float
    thumbnail_kb: float
    storyboard_kb: float
    preview_kb: float
    poster_candidates_kb: float
    manifest_kb: float
    frames_of_video: int
    frame_hits: int
    frame_requests: int
    frame_kb: float
    sqs_requests: int
    dynamodb_writes: int
    dynamodb_reads: int
    event_writes: int
    event_polls_s: float
    api_tick_s: int
    control_plane_logs_gb: dict[str, float]
    pod_logs_gb: float
    images_gb: float
    load_balancer_units: float
    nat_gb: float


class PricePlan(_Table):
    usd_month: float
    units: float
    usd_extra_unit: float | None = None
    """Dollars for a unit above the plan's; None where the plan ends there."""

    def usd(self, units: float) -> float | None:
        """Return a month's price in USD, None if the plan does not hold that much."""
        if units <= self.units:
            return self.usd_month
        if self.usd_extra_unit is None:
            return None
        return self.usd_month + (units - self.units) * self.usd_extra_unit


class Hosted(_Table):
    name: str
    as_of: str
    source: str
    note: str
    stores: bool
    """True if the service keeps the videos itself; otherwise they are in S3 as well."""
    unit: str
    units_a_video: float
    units_a_video_gb: float
    plans: tuple[PricePlan, ...]

    def units(self, videos: int, video_mb: float) -> float:
        return videos * (self.units_a_video + self.units_a_video_gb * video_mb / 1000)

    def usd(self, videos: int, video_mb: float) -> float | None:
        """Return the USD of a month in the cheapest plan that is large enough, None if none is."""
        offers = [plan.usd(self.units(videos, video_mb)) for plan in self.plans]
        return min((offer for offer in offers if offer is not None), default=None)


class Prices(_Table):
    as_of: str
    region: str
    sources: tuple[str, ...]
    usd: Usd
    free: Free
    assumed: Assumed
    hosted: tuple[Hosted, ...]


@cache
def load_prices() -> Prices:
    text = Path(__file__).with_name("prices.toml").read_text(encoding="utf-8")
    return Prices.model_validate(tomllib.loads(text))
