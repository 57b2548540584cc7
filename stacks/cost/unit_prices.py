"""Unit prices for the api's estimate of the month's cost. Pure."""

from services.contract.settings.prices import UnitPrices
from stacks.config.model import PipelineConfig
from stacks.cost.capacity import list_pods
from stacks.cost.estimate import (
    LOGS_OF_VIDEO_BYTES,
    NAT_OF_VIDEO_BYTES,
    estimate_lines,
    event_usd,
    lingering_s,
    pod_usd_hour,
    sum_usd,
)
from stacks.cost.prices import Prices

_DIGITS = 4


def make_unit_prices(config: PipelineConfig, prices: Prices) -> UnitPrices:
    """Return the unit prices of an instance; a video's has no free allowances, which others may have used."""
    usd, assumed = prices.usd, prices.assumed
    fixed = [line for line in estimate_lines(config, prices, videos=0, video_mb=0) if not line.by_videos]
    (requests,) = [line for line in estimate_lines(config, prices, videos=1, video_mb=0) if line.what == "S3 requests"]
    a_video = (
        requests.usd
        + assumed.sqs_requests * usd.sqs_million / 1e6
        + assumed.dynamodb_reads * usd.dynamodb_read_million / 1e6
        + assumed.dynamodb_writes * usd.dynamodb_write_million / 1e6
        + event_usd(config, prices)
        + NAT_OF_VIDEO_BYTES * usd.nat_gb / 1e9
        + LOGS_OF_VIDEO_BYTES * usd.logs_gb / 1e9
    )
    *_, worker = list_pods(config)
    return UnitPrices(
        as_of=prices.as_of,
        region=prices.region,
        fixed_month=round(sum_usd(fixed), 2),
        worker_hour=round(pod_usd_hour(worker, prices), _DIGITS + 1),
        worker_concurrency=config.worker.concurrency,
        worker_lingering_s=lingering_s(config, assumed),
        video=round(a_video, 2 * _DIGITS),
        storage_gb_month=usd.s3_gb_month,
    )
