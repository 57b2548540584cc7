"""From a config and a number of videos to dollars a month. Pure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from services.contract.shards import count_partitions
from services.contract.storyboards.layout import StoryboardFormat
from stacks.config.model import PipelineConfig
from stacks.cost.capacity import FargatePods, list_pods
from stacks.cost.prices import Assumed, Prices

ALARMS = 8
METRICS_OF_A_POD = 7
"""CloudWatch metrics that the ADOT collector sends (`stacks/workloads`): of each pod of the pipeline by default; if
`pod_metrics` is all, of each pod, namespace and of the cluster.
"""
NAMESPACES = 4
METRICS_OF_LOGS = 2
"""Videos done and failed, counted in the workers' logs."""
NAT_OF_VIDEO_BYTES = 20_000
"""Requests to SQS, and logs."""
LOGS_OF_VIDEO_BYTES = 2000
SECRETS = 1
KMS_KEYS = 1


@dataclass(frozen=True, kw_only=True)
class CostLine:
    what: str
    quantity: str
    usd: float
    by_videos: bool = False
    """True for a cost that grows with the videos; the others are fixed."""


def estimate_lines(config: PipelineConfig, prices: Prices, *, videos: int, video_mb: float) -> list[CostLine]:
    """Return the lines of a month's bill."""
    return [
        *_cluster(config, prices),
        *_network(config, prices, videos=videos),
        *_observability(config, prices, videos=videos),
        *_storage(config, prices, videos=videos, video_mb=video_mb),
    ]


def storage_usd(config: PipelineConfig, prices: Prices, *, videos: int, video_mb: float) -> float:
    """Return the cost of the videos in S3, in USD a month, with any way to make thumbnails."""
    lines = _in_s3(config, prices, videos=videos, video_mb=video_mb)
    return sum(line.usd for line in lines)


def sum_usd(lines: list[CostLine]) -> float:
    return sum(line.usd for line in lines)


def worker_hours(config: PipelineConfig, assumed: Assumed, videos: int) -> float:
    """Return the hours that worker pods run in a month if uploads come at random (a Poisson process).

    A first pod runs while there is work and `cooldown_s` after it: with uploads at rate λ that is the share
    1 - exp(-λT) of the time, T being start, work and cool-down. More pods run once one alone cannot do the work.
    """
    rate = videos / (assumed.hours * 3600)
    busy = rate * assumed.work_s / max(1, config.worker.cpu_millis / 1000)
    return assumed.hours * max(1 - math.exp(-rate * (lingering_s(config, assumed) + assumed.work_s)), busy)


def lingering_s(config: PipelineConfig, assumed: Assumed) -> float:
    """Return the seconds that a worker's pod is billed for besides its work: its start and its wait for more."""
    return assumed.pod_start_s + max(config.worker.cooldown_s, config.processing.deadline_s)


def _cluster(config: PipelineConfig, prices: Prices) -> Iterator[CostLine]:
    usd, hours = prices.usd, prices.assumed.hours
    yield CostLine(what="EKS control plane", quantity=f"{hours:g} h", usd=usd.eks_cluster_hour * hours)
    for entry in list_pods(config):
        if entry.min_count:
            yield CostLine(
                what=f"Fargate: {entry.name}",
                quantity=f"{entry.min_count} x {_size(entry)}",
                usd=entry.min_count * hours * pod_usd_hour(entry, prices),
            )


def _network(config: PipelineConfig, prices: Prices, *, videos: int) -> Iterator[CostLine]:
    usd, assumed = prices.usd, prices.assumed
    zones = config.network.availability_zones
    own = config.network.vpc_id is None
    if not own:
        zones = len(config.network.public_subnet_ids)
    addresses = int(own) + (zones if config.load_balancer.scheme == "internet-facing" else 0)
    nat_gb = assumed.nat_gb + videos * NAT_OF_VIDEO_BYTES / 1e9
    if own:
        yield CostLine(what="NAT gateway", quantity=f"{assumed.hours:g} h", usd=usd.nat_hour * assumed.hours)
    yield CostLine(what="NAT gateway: data", quantity=f"{nat_gb:.1f} GB", usd=usd.nat_gb * nat_gb)
    yield CostLine(
        what="public IPv4 addresses",
        quantity=f"{addresses} for {assumed.hours:g} h",
        usd=usd.public_ipv4_hour * addresses * assumed.hours,
    )
    units_usd = usd.load_balancer_unit_hour * assumed.load_balancer_units
    yield CostLine(
        what="load balancer",
        quantity=f"{assumed.hours:g} h and {assumed.load_balancer_units:g} capacity unit",
        usd=(usd.load_balancer_hour + units_usd) * assumed.hours,
    )
    if config.domain and config.hosted_zone_id is None:
        yield CostLine(what="Route 53 zone", quantity="1", usd=usd.zone_month)


def _observability(config: PipelineConfig, prices: Prices, *, videos: int) -> Iterator[CostLine]:
    usd, free, assumed = prices.usd, prices.free, prices.assumed
    metrics = METRICS_OF_LOGS + METRICS_OF_A_POD * _measured(config, worker_hours(config, assumed, videos), assumed)
    yield CostLine(
        what="CloudWatch: metrics",
        quantity=f"{metrics:.0f}, {free.metrics} free",
        usd=usd.metric_month * max(0, metrics - free.metrics),
    )
    yield CostLine(
        what="CloudWatch: alarms",
        quantity=f"{ALARMS}, {free.alarms} free",
        usd=usd.alarm_month * max(0, ALARMS - free.alarms),
    )
    control_plane_gb = sum(assumed.control_plane_logs_gb[log] for log in config.cluster.control_plane_logs)
    logs_gb = control_plane_gb + assumed.pod_logs_gb + videos * LOGS_OF_VIDEO_BYTES / 1e9
    yield CostLine(
        what="CloudWatch: logs",
        quantity=f"{logs_gb:.1f} GB, {free.logs_gb:g} free",
        usd=usd.logs_gb * max(0, logs_gb - free.logs_gb),
    )


def _measured(config: PipelineConfig, hours_of_workers: float, assumed: Assumed) -> float:
    """Return the number of pods, namespaces and clusters with metrics; a worker counts while it runs."""
    workers = hours_of_workers / assumed.hours
    match config.cluster.pod_metrics:
        case "none":
            return 0
        case "all":
            return 1 + NAMESPACES + sum(entry.min_count for entry in list_pods(config)) + workers
    frames = config.frames.min_replicas if config.frames.enabled else 0
    return config.api.min_replicas + config.frontend.min_replicas + frames + workers


def _storage(config: PipelineConfig, prices: Prices, *, videos: int, video_mb: float) -> Iterator[CostLine]:
    usd, free, assumed = prices.usd, prices.free, prices.assumed
    yield CostLine(what="secret of the api", quantity=str(SECRETS), usd=usd.secret_month * SECRETS)
    yield CostLine(what="KMS key of the alarms", quantity=str(KMS_KEYS), usd=usd.kms_key_month * KMS_KEYS)
    yield CostLine(what="images in ECR", quantity=f"{assumed.images_gb:g} GB", usd=usd.ecr_gb_month * assumed.images_gb)
    ticks = assumed.hours * 3600 / assumed.api_tick_s * config.api.min_replicas
    polls = assumed.hours * 3600 / config.worker.polling_interval_s
    requests = (2 * ticks + polls + videos * assumed.sqs_requests) / 1e6
    yield CostLine(
        what="SQS requests",
        quantity=f"{requests:.2f} M, {free.sqs_millions:g} M free",
        usd=usd.sqs_million * max(0, requests - free.sqs_millions),
    )
    reads = 2 * ticks + videos * assumed.dynamodb_reads
    writes = videos * assumed.dynamodb_writes
    yield CostLine(
        what="videos table",
        quantity=f"{reads / 1e6:.2f} M reads, {writes / 1e6:.2f} M writes",
        usd=usd.dynamodb_read_million * reads / 1e6 + usd.dynamodb_write_million * writes / 1e6,
    )
    yield from _events(config, prices, videos=videos)
    yield from _by_videos(config, prices, videos=videos, video_mb=video_mb)


def _events(config: PipelineConfig, prices: Prices, *, videos: int) -> Iterator[CostLine]:
    """Yield the cost of one event for each video: its item in the table, the polls for due ones, and EventBridge."""
    usd, assumed = prices.usd, prices.assumed
    if not config.events.enabled:
        return
    # Half a unit for each partition of the index, asked by one process.
    polls = assumed.hours * 3600 / assumed.event_polls_s
    reads, writes = polls * count_partitions(config.storage.table_shards) / 2, videos * assumed.event_writes
    yield CostLine(
        what="events in the table",
        quantity=f"{reads / 1e6:.2f} M reads, {writes / 1e6:.2f} M writes",
        usd=usd.dynamodb_read_million * reads / 1e6 + usd.dynamodb_write_million * writes / 1e6,
    )
    if config.events.event_bus:
        yield CostLine(what="EventBridge", quantity=f"{videos:,} events", usd=usd.events_million * videos / 1e6)


def event_usd(config: PipelineConfig, prices: Prices) -> float:
    """Return the USD of one event."""
    if not config.events.enabled:
        return 0
    bus = prices.usd.events_million if config.events.event_bus else 0
    return (prices.assumed.event_writes * prices.usd.dynamodb_write_million + bus) / 1e6


def _by_videos(config: PipelineConfig, prices: Prices, *, videos: int, video_mb: float) -> Iterator[CostLine]:
    *_, worker = list_pods(config)
    hours = worker_hours(config, prices.assumed, videos)
    yield CostLine(
        what=f"Fargate: {worker.name}",
        quantity=f"{hours:.1f} h x {_size(worker)}",
        usd=hours * pod_usd_hour(worker, prices),
        by_videos=True,
    )
    yield from _in_s3(config, prices, videos=videos, video_mb=video_mb)
    if config.frames.enabled:
        yield _cached_frames(config, prices, videos=videos)


def _cached_frames(config: PipelineConfig, prices: Prices, *, videos: int) -> CostLine:
    """Return the cost of frames on demand in S3: a cached frame stays for `frames.expiry_days`."""
    usd, assumed = prices.usd, prices.assumed
    frames = videos * assumed.frames_of_video
    stored_gb = frames * assumed.frame_kb / 1e6 * config.frames.expiry_days * 24 / assumed.hours
    # Each request asks for the video's ETag and looks into the cache.
    gets = frames * (assumed.frame_requests + 2 + 2 * assumed.frame_hits)
    return CostLine(
        what="S3: frames on demand",
        quantity=f"{frames:,} made, {stored_gb:.1f} GB kept",
        usd=usd.s3_gb_month * stored_gb + (usd.s3_put_thousand * frames + usd.s3_get_thousand * gets) / 1000,
        by_videos=True,
    )


def _in_s3(config: PipelineConfig, prices: Prices, *, videos: int, video_mb: float) -> Iterator[CostLine]:
    usd, assumed = prices.usd, prices.assumed
    pictures = len(config.thumbnails.positions_pct)
    pictures_kb = pictures * assumed.thumbnail_kb
    if config.thumbnails.storyboard:
        formats = config.thumbnails.storyboard_formats
        pictures, pictures_kb = pictures + 2 + len(formats), pictures_kb + assumed.storyboard_kb
        if StoryboardFormat.BIF in formats:
            # It contains the tiles once more.
            pictures_kb += assumed.storyboard_kb
    if config.thumbnails.preview:
        pictures, pictures_kb = pictures + 1, pictures_kb + assumed.preview_kb
    if config.thumbnails.poster:
        pictures, pictures_kb = pictures + 2, pictures_kb + assumed.thumbnail_kb + assumed.poster_candidates_kb
    if config.thumbnails.manifest:
        pictures, pictures_kb = pictures + 1, pictures_kb + assumed.manifest_kb
    stored_gb = videos * (video_mb + pictures_kb / 1000) / 1000
    yield CostLine(
        what="S3: a month's videos and thumbnails",
        quantity=f"{stored_gb:.1f} GB",
        usd=usd.s3_gb_month * stored_gb,
        by_videos=True,
    )
    puts, gets = videos * (1 + pictures), videos * assumed.reads
    yield CostLine(
        what="S3 requests",
        quantity=f"{puts:,} PUT, {gets:,} GET",
        usd=(usd.s3_put_thousand * puts + usd.s3_get_thousand * gets) / 1000,
        by_videos=True,
    )


def pod_usd_hour(entry: FargatePods, prices: Prices) -> float:
    """Return the USD that Fargate bills for an hour of a pod of that kind."""
    return entry.vcpus * prices.usd.fargate_vcpu_hour + entry.memory_gb * prices.usd.fargate_gb_hour


def _size(entry: FargatePods) -> str:
    return f"{entry.vcpus:g} vCPU, {entry.memory_gb:g} GB"
