"""The limits that a growing load meets, in videos a second, and what raises each. Pure."""

from dataclasses import dataclass
from ipaddress import IPv4Network

from stacks.config.model import PipelineConfig
from stacks.cost.capacity import max_vcpus
from stacks.cost.prices import Assumed
from stacks.scaling.simulation import Workers

_RESERVED_ADDRESSES = 5
"""Addresses that AWS keeps in each subnet."""

_S3_PUTS_PER_S = 3500
_S3_GETS_PER_S = 5500
"""Requests a second of a prefix, before S3 splits it under a lasting load.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html
"""

_SQS_IN_FLIGHT = 120_000
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"""

_TABLE_WRITES_PER_S = 4000
"""Write units a second that a new on-demand table takes at once; it doubles within half an hour of a lasting load.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
"""

_VIDEOS_PER_SHARD_S = 20
"""Videos a second on one item of totals, whose transactions cancel each other; simulated by `./noxw bench table`."""


@dataclass(frozen=True, kw_only=True)
class Limit:
    name: str
    videos_per_s: float
    raised_by: str


def list_limits(
    config: PipelineConfig, assumed: Assumed, workers: Workers, *, quota_vcpus: float | None
) -> list[Limit]:
    """Return the limits, the lowest first. Without `quota_vcpus` the quota is taken to suffice, and not listed."""
    per_worker = workers.vcpus / workers.work_s
    limits = [
        Limit(
            name=f"{config.worker.max_replicas} workers",
            videos_per_s=config.worker.max_replicas * per_worker,
            raised_by="worker.max_replicas; or worker.cpu_millis with worker.concurrency",
        ),
        Limit(
            name="messages in flight of SQS",
            videos_per_s=_SQS_IN_FLIGHT / config.worker.concurrency * per_worker,
            raised_by="nothing: a queue more",
        ),
        Limit(
            name="S3: PUT under thumbnails/",
            videos_per_s=_S3_PUTS_PER_S / _puts(config),
            raised_by="S3 itself, under a lasting load",
        ),
        Limit(
            name="S3: GET under uploads/",
            videos_per_s=_S3_GETS_PER_S / assumed.reads,
            raised_by="S3 itself, under a lasting load",
        ),
        Limit(
            name="DynamoDB: a new table",
            videos_per_s=_TABLE_WRITES_PER_S / assumed.dynamodb_writes,
            raised_by="DynamoDB itself, within half an hour; or warm throughput",
        ),
        Limit(
            name="DynamoDB: conflicts on the totals",
            videos_per_s=_VIDEOS_PER_SHARD_S * config.storage.table_shards,
            raised_by="storage.table_shards: docs/upgrading.md has the steps",
        ),
    ]
    if config.network.vpc_id is None:
        addresses = config.network.availability_zones * (
            IPv4Network(f"0.0.0.0/{config.network.subnet_prefix}").num_addresses - _RESERVED_ADDRESSES
        )
        limits.append(
            Limit(
                name=f"{addresses:,} addresses of the private subnets",
                videos_per_s=addresses * per_worker,
                raised_by="network.subnet_prefix, network.vpc_cidr, before core is deployed",
            )
        )
    if quota_vcpus is not None:
        limits.append(
            Limit(
                name=f"Fargate quota of {quota_vcpus:g} vCPUs",
                videos_per_s=workers.max_running * per_worker,
                raised_by=f"a request to AWS: this config needs {max_vcpus(config):g} vCPUs at most",
            )
        )
    return sorted(limits, key=lambda limit: limit.videos_per_s)


def _puts(config: PipelineConfig) -> int:
    thumbnails = config.thumbnails
    # A sheet, its WebVTT file and those of the other formats. A long video may have more sheets.
    storyboard = (2 + len(thumbnails.storyboard_formats)) * thumbnails.storyboard
    # The poster, and the strip of its candidates.
    poster = 2 * thumbnails.poster
    return len(thumbnails.positions_pct) + storyboard + thumbnails.preview + poster + thumbnails.manifest
