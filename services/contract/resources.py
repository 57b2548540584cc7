"""The AWS resources that the services talk to, described once.

The stacks turn this description into Terraform and the local pipeline into API calls: they cannot drift apart.
"""

from dataclasses import dataclass, field

from services.contract.keys import UPLOAD_PREFIX

STATE_INDEX = "by-state"
"""Index of the videos table by state; newest first when read backwards."""

TOTALS_KEY = "totals"
"""Key of the item that holds the totals. Uploads begin with `uploads/`, claims with `claim:`: no key meets another."""

CLAIM_PREFIX = "claim:"

RESERVATION_PREFIX = "reserved:"
"""Items that keep an upload's key for the one who was given a URL for it, until the object is there."""

SAMPLES_KEY = "samples"
"""Key of the item with the queue's depth over the last minutes, which all processes of the api share."""

PURGE_KEY = "purge"
"""Key of the item with the progress of the purge that runs, or ran last."""

SIGNING_KEY = "signing-key"
"""Key of the item with the secret that all processes of the api sign with."""

ENDED_SESSIONS_KEY = "ended-sessions"
"""Key of the item with the sessions that a logout has ended, which all processes of the api share."""

PURGER = "(purge)"
"""The owner of a claim while a purge deletes what lies under it: an upload's key never looks like this."""


DEFAULT_TRIES = 5
"""Tries of a video before a worker gives it up."""

SPARE_RECEIVES = 5
"""Receives that the queue allows beyond a worker's tries, so that a worker and never SQS gives a video up.

A drain may cut a last try short, or hand a message back before it is tried; the last two are there to record a failure.
"""


@dataclass(frozen=True, kw_only=True)
class QueueDescription:
    name: str
    visibility_timeout_s: int
    retention_s: int
    receive_wait_s: int = 20
    max_receive_count: int | None = None
    """Receives after which SQS moves a message to the dead-letter queue; none where there is no such queue."""


@dataclass(frozen=True, kw_only=True)
class TableDescription:
    """A table on demand, with string keys. The index projects all attributes."""

    name: str
    partition_key: str = "pk"
    index: str = STATE_INDEX
    index_partition_key: str = "state"
    index_sort_key: str = "updated_at"


@dataclass(frozen=True, kw_only=True)
class NotificationDescription:
    """What S3 tells the queue of. One prefix rule: a rule takes one suffix and minds its case, so `.MP4` would be lost;
    the worker checks the extension.
    """

    events: tuple[str, ...] = ("s3:ObjectCreated:*",)
    prefix: str = UPLOAD_PREFIX


@dataclass(frozen=True, kw_only=True)
class PipelineResources:
    bucket: str
    test_source_bucket: str
    queue: QueueDescription
    dead_letter_queue: QueueDescription
    table: TableDescription
    notification: NotificationDescription = field(default_factory=NotificationDescription)


def pipeline_resources(
    name: str,
    *,
    bucket: str | None = None,
    test_source_bucket: str | None = None,
    visibility_timeout_s: int = 360,
    tries: int = DEFAULT_TRIES,
) -> PipelineResources:
    """The resources of the pipeline instance `name`.

    Bucket names are global, so the stacks pass names that hold the account and the region. The visibility timeout is
    what SQS gives a message whose receiver names none: six times the processing deadline.
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
    )
