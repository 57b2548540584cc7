"""Existing buckets with videos are compared with the account before core takes over their notifications."""

from typing import Any

import boto3
import pytest

from stacks.deploy.errors import PrerequisiteError
from stacks.deploy.existing.sources import check_sources
from tests.support.bench import config

KEY = "arn:aws:kms:ap-southeast-2:123456789012:key/1a2b3c4d-1a2b-1a2b-1a2b-1a2b3c4d5e6f"
OURS = "arn:aws:sqs:ap-southeast-2:123456789012:thumbnails-videos"


def _bucket(session: boto3.Session, name: str = "acme-films", region: str = "ap-southeast-2") -> None:
    s3 = session.client("s3", region_name=region)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})  # type: ignore[typeddict-item]


def _notify(session: boto3.Session, queue: str) -> None:
    name = queue.rpartition(":")[2]
    session.client("sqs").create_queue(QueueName=name)
    session.client("s3").put_bucket_notification_configuration(
        Bucket="acme-films",
        NotificationConfiguration={"QueueConfigurations": [{"QueueArn": queue, "Events": ["s3:ObjectCreated:*"]}]},
    )


def _check(session: boto3.Session, **storage: Any) -> None:
    check_sources(session, config(storage={"source_buckets": ["acme-films"], **storage}))


def test_a_bucket_without_notifications_passes_and_one_with_ours(session: boto3.Session) -> None:
    _bucket(session)
    _check(session)
    _notify(session, OURS)
    _check(session)


def test_notifications_of_others_are_not_replaced(session: boto3.Session) -> None:
    _bucket(session)
    _notify(session, f"{OURS}-of-others")
    with pytest.raises(PrerequisiteError, match=r"acme-films already notifies .*-of-others, which core would replace"):
        _check(session)


def test_every_wrong_bucket_is_named(session: boto3.Session) -> None:
    _bucket(session, region="us-west-2")
    with pytest.raises(PrerequisiteError) as caught:
        _check(session, source_buckets=["acme-films", "acme-lectures"])
    assert "acme-films is in us-west-2, and S3 notifies queues of its own region only" in str(caught.value)
    assert "there is no bucket acme-lectures" in str(caught.value)


def test_a_key_missing_from_the_config_is_named(session: boto3.Session) -> None:
    _bucket(session)
    rule: Any = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}}
    session.client("s3").put_bucket_encryption(Bucket="acme-films", ServerSideEncryptionConfiguration={"Rules": [rule]})
    with pytest.raises(PrerequisiteError, match=f"is encrypted with {KEY}: add it to storage.source_kms_key_arns"):
        _check(session)
    _check(session, source_kms_key_arns=[KEY])
