"""The queue that S3 notifies, and the dead-letter queue behind it: as `services.contract.resources` describes them."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from cdktf_cdktf_provider_aws.sqs_queue_policy import SqsQueuePolicy
from cdktf_cdktf_provider_aws.sqs_queue_redrive_allow_policy import SqsQueueRedriveAllowPolicy

from stacks.engine.policy import Statement, deny_plain_http, policy_document

if TYPE_CHECKING:
    from services.contract.resources import QueueDescription
    from stacks.engine.stack import PipelineStack


@dataclass(frozen=True, kw_only=True)
class VideoQueues:
    videos: SqsQueue
    dead_letters: SqsQueue
    admits_bucket: SqsQueuePolicy
    """S3 tries the queue when a notification is set up: the policy comes first."""


def make_queues(stack: "PipelineStack") -> VideoQueues:
    names, sources = stack.names, stack.names.source_bucket_arns
    described = names.resources
    dead_letters = _queue(stack, "dead-letters", described.dead_letter_queue)
    redrive = {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": described.queue.max_receive_count}
    videos = _queue(stack, "videos", described.queue, redrive_policy=json.dumps(redrive))
    SqsQueueRedriveAllowPolicy(
        stack,
        "dead-letters-source",
        queue_url=dead_letters.id,
        redrive_allow_policy=json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [videos.arn]}),
    )
    bucket = Statement(
        sid="BucketNotifies",
        actions=["sqs:SendMessage"],
        resources=[names.queue_arn],
        principals={"Service": "s3.amazonaws.com"},
        # A bucket's ARN names no account: somebody else could own a bucket of that name later.
        conditions={
            "ArnEquals": {"aws:SourceArn": [names.bucket_arn, *sources] if sources else names.bucket_arn},
            "StringEquals": {"aws:SourceAccount": stack.config.account_id},
        },
    )
    admits_bucket = SqsQueuePolicy(
        stack,
        "videos-queue-policy",
        queue_url=videos.id,
        policy=policy_document(bucket, deny_plain_http([names.queue_arn], "sqs:*")),
    )
    SqsQueuePolicy(
        stack,
        "dead-letters-queue-policy",
        queue_url=dead_letters.id,
        policy=policy_document(deny_plain_http([names.dead_letter_queue_arn], "sqs:*")),
    )
    return VideoQueues(videos=videos, dead_letters=dead_letters, admits_bucket=admits_bucket)


def _queue(
    stack: "PipelineStack", part: str, described: "QueueDescription", *, redrive_policy: str | None = None
) -> SqsQueue:
    queue = SqsQueue(
        stack,
        f"{part}-queue",
        name=described.name,
        visibility_timeout_seconds=described.visibility_timeout_s,
        message_retention_seconds=described.retention_s,
        receive_wait_time_seconds=described.receive_wait_s,
        # S3 can write to it; to a queue under KMS only with a key of the customer's.
        sqs_managed_sse_enabled=True,
        redrive_policy=redrive_policy,
    )
    queue.override_logical_id(f"{part}-queue")
    return queue
