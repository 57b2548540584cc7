"""Description of the AWS resources that the services use.

The stacks make Terraform of it, and the local pipeline API calls, so that both have the same resources.
"""

from dataclasses import dataclass, field

from services.contract.keys import UPLOAD_PREFIX

STATE_INDEX = "by-state"
"""Index of the videos table by state; newest first when read backwards."""

TOTALS_KEY = "totals"
"""Key of the item that holds the totals; further shards are `totals#1` and so on. Uploads begin with `uploads/`, claims
with `claim:`: no key meets another."""

SHARDS_KEY = "shards"
"""Key of the item with the number of shards that readers must read."""

CLAIM_PREFIX = "claim:"

RESERVATION_PREFIX = "reserved:"
"""Prefix of items that reserve an upload's key for the caller that has a URL for it, until the object exists."""

SAMPLES_KEY = "samples"
"""Key of the item with the queue's depth over the last minutes, which all processes of the api share."""

PURGE_KEY = "purge"
"""Key of the item with the progress of the running or last purge."""

PROCESSING_KEY = "processing"
"""Key of the item with the switch of processing: workers receive nothing while it is paused."""

RECONCILIATION_KEY = "reconciliation"
"""Key of the item with the running or last reconciliation."""

JOBS_KEY = "jobs"
"""Key of the item with the ids of the latest bulk jobs; each job is `job:<id>`, and its videos `job:<id>:<number>`."""

JOB_PREFIX = "job:"

SIGNING_KEY = "signing-key"
"""Key of the item with the signing secret of all processes of the api."""

ENDED_SESSIONS_KEY = "ended-sessions"
"""Key of the item with the sessions that a logout has ended, which all processes of the api share."""

API_TOKENS_KEY = "api-tokens"
"""Key of the item with the API tokens, as hashes, which all processes of the api share."""

WEBHOOKS_KEY = "webhooks"
"""Key of the item with the webhooks, without their secrets, which all processes of the api share."""

DISPATCHER_KEY = "event-dispatcher"
"""Key of the item that names the process of the api that sends the events."""

HISTORY_KEY = "history"
"""Key of the item with the position up to which the history is recorded; see `services.contract.statistics.periods`."""

EXPIRY_ATTRIBUTE = "until"
"""Attribute after whose time (seconds since 1970) DynamoDB deletes an item: a reservation, or a part of the history."""

EVENT_SOURCE = "thumbnail-pipeline"
"""Source of the events in EventBridge; rules select them by it."""

PURGER = "(purge)"
"""Owner of a claim while a purge deletes the pictures under it; not a valid key of an upload."""


DEFAULT_TRIES = 5
"""Number of attempts before a worker marks a video as failed."""

SPARE_ATTEMPTS = 3
"""Receives beyond a worker's attempts that still begin one: a drain can interrupt a last attempt, or hand a message
back before it. All later receives only record the failure."""

SPARE_RECEIVES = 25
"""Receives that the queue allows beyond a worker's attempts, so that a worker and not SQS ends the attempts.

SQS moves a message without a reason, and leaves its record in progress. With a visibility timeout of six minutes, the
22 receives for recording a failure last longer than two hours: workers may be killed, or DynamoDB be away, for as long.
"""

MULTIPART_FROM_BYTES = 100 * 1024 * 1024
"""Uploads of this size and above are sent in parts, as S3 recommends: a lost connection then costs one part.
Limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""

MIN_PART_BYTES = 16 * 1024 * 1024
MAX_PARTS = 1000
"""S3 allows 10,000; fewer parts keep their list short."""


@dataclass(frozen=True, kw_only=True)
class QueueDescription:
    name: str
    visibility_timeout_s: int
    retention_s: int
    receive_wait_s: int = 20
    max_receive_count: int | None = None
    """Receives after which SQS moves a message to the dead-letter queue; None without such a queue."""


@dataclass(frozen=True, kw_only=True)
class TableDescription:
    """A table on demand, with string keys. The index projects all attributes.

    A record's `state` is a partition key of the index: the state, or the state with the number of a shard.
    """

    name: str
    partition_key: str = "pk"
    index: str = STATE_INDEX
    index_partition_key: str = "state"
    index_sort_key: str = "updated_at"
    expiry_attribute: str = EXPIRY_ATTRIBUTE


@dataclass(frozen=True, kw_only=True)
class NotificationDescription:
    """Events that S3 sends to the queue. One rule by prefix: suffixes are case-sensitive, so `.MP4` would be lost;
    the worker checks the extension.
    """

    events: tuple[str, ...] = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*")
    prefix: str = UPLOAD_PREFIX


@dataclass(frozen=True, kw_only=True)
class PipelineResources:
    bucket: str
    test_source_bucket: str
    queue: QueueDescription
    dead_letter_queue: QueueDescription
    table: TableDescription
    event_bus: str
    """Name of the bus in EventBridge, which exists only where the config asks for it."""
    notification: NotificationDescription = field(default_factory=NotificationDescription)


def pipeline_resources(
    name: str,
    *,
    bucket: str | None = None,
    test_source_bucket: str | None = None,
    visibility_timeout_s: int = 360,
    tries: int = DEFAULT_TRIES,
) -> PipelineResources:
    """Return the resources of the pipeline instance `name`.

    Bucket names are global, so the stacks pass names with the account and the region. `visibility_timeout_s` is the
    queue's default, six times the processing deadline.
    """
    day_s = 86_400
    return PipelineResources(
        bucket=bucket or f"{name}-videos",
        test_source_bucket=test_source_bucket or f"{name}-videos-test",
        queue=QueueDescription(
            name=f"{name}-videos",
            visibility_timeout_s=visibility_timeout_s,
            retention_s=4 * day_s,
            max_receive_count=tries + SPARE_RECEIVES,
        ),
        # Longer than the source's: SQS counts a moved message's age from its first arrival.
        dead_letter_queue=QueueDescription(
            name=f"{name}-videos-dlq", visibility_timeout_s=visibility_timeout_s, retention_s=14 * day_s
        ),
        table=TableDescription(name=f"{name}-videos"),
        event_bus=name,
    )
