"""Buckets and table: what outlives a deployment."""

from typing import TYPE_CHECKING

from cdktf_cdktf_provider_aws.dynamodb_table import (
    DynamodbTable,
    DynamodbTableAttribute,
    DynamodbTableGlobalSecondaryIndex,
    DynamodbTablePointInTimeRecovery,
    DynamodbTableServerSideEncryption,
    DynamodbTableTtl,
)
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_cors_configuration import (
    S3BucketCorsConfiguration,
    S3BucketCorsConfigurationCorsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_notification import S3BucketNotification, S3BucketNotificationQueue

from services.contract.frames import FRAME_PREFIX
from services.contract.keys import UPLOAD_PREFIX
from stacks.engine.buckets import Expiry, Lifecycle, secure_bucket

if TYPE_CHECKING:
    from stacks.core.queues import VideoQueues
    from stacks.engine.stack import PipelineStack


def make_bucket(stack: "PipelineStack", queues: "VideoQueues") -> S3Bucket:
    """Make the bucket of videos and thumbnails, which notifies the queue of uploads."""
    config, described = stack.config.storage, stack.names.resources
    bucket = S3Bucket(stack, "videos-bucket", bucket=described.bucket, force_destroy=not config.deletion_protection)
    bucket.override_logical_id("videos-bucket")
    secure_bucket(
        stack,
        "videos",
        described.bucket,
        lifecycle=Lifecycle(
            noncurrent_days=config.noncurrent_days,
            expiries=(
                Expiry(id="expiry", prefix=UPLOAD_PREFIX, days=config.upload_expiry_days),
                # Also without the service: what it has left goes as well.
                Expiry(id="frames", prefix=FRAME_PREFIX, days=stack.config.frames.expiry_days),
            ),
        ),
        after=bucket,
    )
    S3BucketCorsConfiguration(
        stack,
        "videos-bucket-cors",
        bucket=bucket.id,
        cors_rule=[
            S3BucketCorsConfigurationCorsRule(
                allowed_methods=["GET", "HEAD", "POST", "PUT"],
                allowed_origins=[*stack.names.origins, *config.upload_origins],
                allowed_headers=["*"],
                # A multipart upload is completed with the ETags of its parts.
                expose_headers=["ETag"],
                max_age_seconds=3600,
            )
        ],
    )
    # The only one of the bucket: a second would silently replace it.
    S3BucketNotification(
        stack,
        "videos-bucket-notification",
        bucket=bucket.id,
        queue=[
            S3BucketNotificationQueue(
                queue_arn=queues.videos.arn,
                events=list(described.notification.events),
                filter_prefix=described.notification.prefix,
            )
        ],
        depends_on=[queues.admits_bucket],
    )
    return bucket


def notify_of_sources(stack: "PipelineStack", queues: "VideoQueues") -> None:
    """Let the existing source buckets notify the queue of every new object; the worker checks the names."""
    for bucket in stack.config.storage.source_buckets:
        S3BucketNotification(
            stack,
            f"{bucket}-notification",
            bucket=bucket,
            queue=[
                S3BucketNotificationQueue(
                    queue_arn=queues.videos.arn, events=list(stack.names.resources.notification.events)
                )
            ],
            depends_on=[queues.admits_bucket],
        )


def make_test_source_bucket(stack: "PipelineStack") -> None:
    """Make the bucket of Test Pipeline's videos, unless the config names an existing one."""
    if stack.config.storage.test_source_bucket_name is not None:
        return
    name = stack.names.resources.test_source_bucket
    bucket = S3Bucket(
        stack, "test-videos-bucket", bucket=name, force_destroy=not stack.config.storage.deletion_protection
    )
    bucket.override_logical_id("test-videos-bucket")
    lifecycle = Lifecycle(noncurrent_days=stack.config.storage.noncurrent_days)
    secure_bucket(stack, "test-videos", name, lifecycle=lifecycle, after=bucket)


def make_table(stack: "PipelineStack") -> DynamodbTable:
    described = stack.names.resources.table
    keys = (described.partition_key, described.index_partition_key, described.index_sort_key)
    table = DynamodbTable(
        stack,
        "videos-table",
        name=described.name,
        billing_mode="PAY_PER_REQUEST",
        hash_key=described.partition_key,
        attribute=[DynamodbTableAttribute(name=key, type="S") for key in keys],
        global_secondary_index=[
            DynamodbTableGlobalSecondaryIndex(
                name=described.index,
                hash_key=described.index_partition_key,
                range_key=described.index_sort_key,
                projection_type="ALL",
            )
        ],
        ttl=DynamodbTableTtl(attribute_name=described.expiry_attribute, enabled=True),
        point_in_time_recovery=DynamodbTablePointInTimeRecovery(enabled=True),
        server_side_encryption=DynamodbTableServerSideEncryption(enabled=False),
        deletion_protection_enabled=stack.config.storage.deletion_protection,
    )
    table.override_logical_id("videos-table")
    return table
