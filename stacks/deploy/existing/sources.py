"""Existing buckets with videos."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from stacks.config.model import PipelineConfig
from stacks.deploy.account import error_code
from stacks.deploy.errors import PrerequisiteError
from stacks.naming import Names

if TYPE_CHECKING:
    from boto3 import Session
    from types_boto3_s3 import S3Client


def check_sources(session: "Session", config: PipelineConfig) -> None:
    """Raise PrerequisiteError if a bucket of `storage.source_buckets` cannot be one; it names all problems."""
    s3 = session.client("s3")
    problems = [problem for bucket in config.storage.source_buckets for problem in _problems(s3, config, bucket)]
    if problems:
        raise PrerequisiteError(f"storage.source_buckets of the config: {'; '.join(problems)}.")


def _problems(s3: "S3Client", config: PipelineConfig, bucket: str) -> Iterator[str]:
    try:
        # The location of us-east-1 is empty.
        region = s3.get_bucket_location(Bucket=bucket, ExpectedBucketOwner=config.account_id)["LocationConstraint"]
        if (region or "us-east-1") != config.region:
            yield f"{bucket} is in {region or 'us-east-1'}, and S3 notifies queues of its own region only"
            return
        yield from _notification_problems(s3, config, bucket)
        yield from _key_problems(s3, config, bucket)
    except ClientError as error:
        if error_code(error) == "NoSuchBucket":
            yield f"there is no bucket {bucket}"
        else:
            yield f"{bucket} could not be looked up, or is another account's ({error})"
    except BotoCoreError as error:
        yield f"{bucket} could not be looked up ({error})"


def _notification_problems(s3: "S3Client", config: PipelineConfig, bucket: str) -> Iterator[str]:
    """Yield the bucket if it notifies others: core would replace the one list of notifications that it has."""
    found = s3.get_bucket_notification_configuration(Bucket=bucket)
    queue = Names(config).queue_arn
    others = [entry["QueueArn"] for entry in found.get("QueueConfigurations", []) if entry["QueueArn"] != queue]
    others += [entry["TopicArn"] for entry in found.get("TopicConfigurations", [])]
    others += [entry["LambdaFunctionArn"] for entry in found.get("LambdaFunctionConfigurations", [])]
    if "EventBridgeConfiguration" in found:
        others.append("EventBridge")
    if others:
        yield (
            f"{bucket} already notifies {', '.join(others)}, which core would replace: remove these notifications, or "
            "leave the bucket out and copy its videos under uploads/ of the pipeline's bucket"
        )


def _key_problems(s3: "S3Client", config: PipelineConfig, bucket: str) -> Iterator[str]:
    """Yield the bucket if its default key in KMS is not in the config; a key's alias cannot be compared."""
    try:
        rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    except ClientError as error:
        if error_code(error) == "ServerSideEncryptionConfigurationNotFoundError":
            return
        raise
    for rule in rules:
        key = rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID", "")
        if ":key/" in key and key not in config.storage.source_kms_key_arns:
            yield f"{bucket} is encrypted with {key}: add it to storage.source_kms_key_arns"
