"""The pipeline's resources in the embedded AWS, from the same description as the stacks."""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from services.aws.clients import Clients
from services.contract.resources import PipelineResources, QueueDescription, TableDescription

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_sqs.literals import QueueAttributeNameType


@dataclass(frozen=True)
class QueueUrls:
    url: str
    dead_letter_url: str


def provision_resources(clients: Clients, resources: PipelineResources, *, origins: Sequence[str] = ()) -> QueueUrls:
    """Create the resources that are missing, and let web pages of `origins` use the bucket."""
    for bucket in (resources.bucket, resources.test_source_bucket):
        _make_bucket(clients, bucket)
    # Like the stacks' bucket: a client can delete exactly the version that it has read.
    clients.s3.put_bucket_versioning(Bucket=resources.bucket, VersioningConfiguration={"Status": "Enabled"})
    allow_origins(clients.s3, resources.bucket, origins)
    dead_letter_url = _make_queue(clients, resources.dead_letter_queue)
    url = _make_queue(clients, resources.queue, dead_letter_arn=_get_arn(clients, dead_letter_url))
    _make_table(clients, resources.table)
    _enable_expiry(clients, resources.table)
    _enable_notifications(clients, resources, queue_arn=_get_arn(clients, url))
    return QueueUrls(url, dead_letter_url)


def provision_event_bus(endpoint: str, name: str, *, region: str, credentials: tuple[str, str]) -> None:
    """Create the bus in EventBridge if it is missing. It is apart, as few pipelines have one."""
    key_id, secret = credentials
    session: Any = boto3.Session(region_name=region, aws_access_key_id=key_id, aws_secret_access_key=secret)
    client = session.client("events", endpoint_url=endpoint)
    with contextlib.suppress(client.exceptions.ResourceAlreadyExistsException):
        client.create_event_bus(Name=name)


def allow_origins(s3: "S3Client", bucket: str, origins: Sequence[str]) -> None:
    """Let web pages of these origins only use the bucket. `stacks/core/storage.py` creates the same rule."""
    if not origins:
        s3.delete_bucket_cors(Bucket=bucket)
        return
    s3.put_bucket_cors(
        Bucket=bucket,
        CORSConfiguration={
            "CORSRules": [
                {
                    "AllowedMethods": ["GET", "HEAD", "POST", "PUT"],
                    "AllowedOrigins": list(origins),
                    "AllowedHeaders": ["*"],
                    "ExposeHeaders": ["ETag"],
                    "MaxAgeSeconds": 3600,
                }
            ]
        },
    )


def _make_bucket(clients: Clients, name: str) -> None:
    try:
        clients.s3.create_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise


def _make_queue(clients: Clients, queue: QueueDescription, *, dead_letter_arn: str | None = None) -> str:
    attributes: dict[QueueAttributeNameType, str] = {
        "VisibilityTimeout": str(queue.visibility_timeout_s),
        "MessageRetentionPeriod": str(queue.retention_s),
        "ReceiveMessageWaitTimeSeconds": str(queue.receive_wait_s),
    }
    if dead_letter_arn:
        policy = {"deadLetterTargetArn": dead_letter_arn, "maxReceiveCount": queue.max_receive_count}
        attributes["RedrivePolicy"] = json.dumps(policy)
    url = clients.sqs.create_queue(QueueName=queue.name)["QueueUrl"]
    # Not set at creation: creating a queue fails if it exists with other attributes.
    clients.sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
    return url


def _get_arn(clients: Clients, url: str) -> str:
    answer = clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return answer["Attributes"]["QueueArn"]


def _make_table(clients: Clients, table: TableDescription) -> None:
    keys = (table.partition_key, table.index_partition_key, table.index_sort_key)
    try:
        clients.dynamodb.create_table(
            TableName=table.name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            KeySchema=[{"AttributeName": table.partition_key, "KeyType": "HASH"}],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": table.index,
                    "KeySchema": [
                        {"AttributeName": table.index_partition_key, "KeyType": "HASH"},
                        {"AttributeName": table.index_sort_key, "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceInUseException":
            raise


def _enable_expiry(clients: Clients, table: TableDescription) -> None:
    """Let the table delete items after their time; it refuses a setting that it has already."""
    present = clients.dynamodb.describe_time_to_live(TableName=table.name)["TimeToLiveDescription"]
    if present.get("TimeToLiveStatus") != "ENABLED":
        clients.dynamodb.update_time_to_live(
            TableName=table.name,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": table.expiry_attribute},
        )


def _enable_notifications(clients: Clients, resources: PipelineResources, *, queue_arn: str) -> None:
    """Notify the queue. Skipped if the rule is there already, as each configuration sends another `s3:TestEvent`."""
    notification = resources.notification
    wanted = {
        "QueueArn": queue_arn,
        "Events": list(notification.events),
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": notification.prefix}]}},
    }
    present = clients.s3.get_bucket_notification_configuration(Bucket=resources.bucket)
    rules = present.get("QueueConfigurations", [])
    # A folder of an older version has a rule for fewer events.
    if any((rule["QueueArn"], sorted(rule["Events"])) == (queue_arn, sorted(wanted["Events"])) for rule in rules):
        return
    clients.s3.put_bucket_notification_configuration(
        Bucket=resources.bucket,
        NotificationConfiguration={"QueueConfigurations": [wanted]},  # type: ignore[list-item]
    )
