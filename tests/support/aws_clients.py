"""boto3 clients of an embedded AWS, and measurements of its process."""

from __future__ import annotations

import contextlib
import http
import http.client
import itertools
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote_plus, urlsplit

import pytest
from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.support.driver import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_s3 import S3Client
    from types_boto3_sqs import SQSClient

    from services.local.embedded_aws import EmbeddedAws


MIB = 1024 * 1024

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

_names = itertools.count(1)


class Clients:
    """boto3 clients with the steps that most tests need."""

    def __init__(self, endpoint: str) -> None:
        session = Session("test", "test", region_name="eu-west-1")
        # Without a signature version boto3 presigns for other endpoints with version 2, which ministack does not check.
        config = Config(signature_version="s3v4", retries={"total_max_attempts": 1})
        self.s3: S3Client = session.client("s3", endpoint_url=endpoint, config=config)
        self.sqs: SQSClient = session.client("sqs", endpoint_url=endpoint)
        self.dynamodb: DynamoDBClient = session.client("dynamodb", endpoint_url=endpoint)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for client in (self.s3, self.sqs, self.dynamodb):
            client.close()

    def bucket(self) -> str:
        name = f"bucket-{next(_names)}"
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        return name

    def queue(self) -> str:
        return self.sqs.create_queue(QueueName=f"queue-{next(_names)}")["QueueUrl"]

    def notify(self, bucket: str, queue: str) -> None:
        """Send events of `uploads/` to the queue, and take the test event out of it."""
        arn = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.s3.put_bucket_notification_configuration(
            Bucket=bucket,
            NotificationConfiguration={
                "QueueConfigurations": [
                    {
                        "QueueArn": arn,
                        "Events": ["s3:ObjectCreated:*"],
                        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "uploads/"}]}},
                    }
                ]
            },
        )
        assert [json.loads(body)["Event"] for body in self.take(queue)] == ["s3:TestEvent"]

    def take(self, queue: str) -> list[str]:
        """Return the bodies of all visible messages and delete them, without waiting."""
        bodies = []
        while messages := self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                bodies.append(message["Body"])
                self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return bodies

    def read(self, bucket: str, key: str, byte_range: str = "bytes=0-") -> bytes:
        return self.s3.get_object(Bucket=bucket, Key=key, Range=byte_range)["Body"].read()


def eventually(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, f"not within {PATIENCE_S:.0f} s"
        time.sleep(0.02)


def proc(aws: EmbeddedAws, file: str, field: str) -> int:
    """Return a number from /proc/<pid>/io (bytes) or /proc/<pid>/status (kB)."""
    lines = Path(f"/proc/{aws.process.pid}/{file}").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1])


def open_url(url: str, *, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    """Return status and body of a request without credentials, as a browser sends it with a presigned URL."""
    parts = urlsplit(url)
    with contextlib.closing(http.client.HTTPConnection(parts.netloc)) as connection:
        connection.request(method, f"{parts.path}?{parts.query}", body, headers)
        response = connection.getresponse()
        return response.status, response.read()


def open_files(aws: EmbeddedAws) -> list[str]:
    files = []
    for link in Path(f"/proc/{aws.process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            files.append(str(link.readlink()))
    return files


def error_code(call: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def key_of(event: str) -> str:
    (record,) = json.loads(event)["Records"]
    return unquote_plus(record["s3"]["object"]["key"])
