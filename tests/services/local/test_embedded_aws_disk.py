"""A disk that takes no more: nothing is acknowledged that is not on it, and what was there stays."""

from __future__ import annotations

import contextlib
import json
import resource
import subprocess
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from services.local.embedded_aws import EmbeddedAws
from tests.support.aws_clients import MIB, Clients, error_code, eventually, key_of, linux_only

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SMALL, BIG = 1000, MIB
FULL = (507, "InsufficientStorage")

pytestmark = linux_only


@contextlib.contextmanager
def full_disk(aws: EmbeddedAws) -> Iterator[None]:
    """Let no write of the embedded AWS to a file succeed: the kernel then answers EFBIG."""
    _, hard = resource.prlimit(aws.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(aws.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, hard))


def warning(aws: EmbeddedAws) -> str:
    assert aws.process.stdout is not None
    return str(json.loads(aws.process.stdout.readline())["warning"])


@pytest.fixture(params=["unversioned", "Enabled"])
def bucket(request: pytest.FixtureRequest, clients: Clients) -> str:
    bucket = clients.bucket()
    if request.param != "unversioned":
        clients.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": request.param})
    return bucket


@pytest.mark.parametrize("size", [SMALL, BIG])
def test_upload_over_disk_space_fails_without_changes(
    aws: EmbeddedAws, clients: Clients, video: bytes, bucket: str, size: int
) -> None:
    queue, other = clients.queue(), clients.queue()
    clients.notify(bucket, queue)
    put = clients.s3.put_object
    put(Bucket=bucket, Key="uploads/a", Body=video[:size], Metadata={"by": "me"})
    before = clients.s3.list_object_versions(Bucket=bucket)["Versions"]
    with full_disk(aws):
        for key in ("uploads/a", "uploads/b"):
            assert error_code(lambda: put(Bucket=bucket, Key=key, Body=video[-size:])) == FULL  # noqa: B023 - called at once
    assert clients.read(bucket, "uploads/a") == video[:size]
    assert clients.s3.head_object(Bucket=bucket, Key="uploads/a")["Metadata"] == {"by": "me"}
    assert error_code(lambda: clients.read(bucket, "uploads/b")) == (404, "NoSuchKey")
    assert clients.s3.list_object_versions(Bucket=bucket)["Versions"] == before
    # Queues answer when the next write has shown that there is room.
    eventually(lambda: succeeds(lambda: clients.sqs.receive_message(QueueUrl=other)))
    assert [key_of(body) for body in clients.take(queue)] == ["uploads/a"]

    eventually(lambda: succeeds(lambda: put(Bucket=bucket, Key="uploads/b", Body=video[-size:])))
    assert clients.read(bucket, "uploads/b") == video[-size:]
    assert [key_of(body) for body in clients.take(queue)] == ["uploads/b"]


def test_multipart_upload_completes_once_there_is_room(
    aws: EmbeddedAws, clients: Clients, video: bytes, bucket: str
) -> None:
    upload = clients.s3.create_multipart_upload(Bucket=bucket, Key="a")["UploadId"]
    etag = clients.s3.upload_part(Bucket=bucket, Key="a", UploadId=upload, PartNumber=1, Body=video[:BIG])["ETag"]

    def complete() -> object:
        parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
        return clients.s3.complete_multipart_upload(Bucket=bucket, Key="a", UploadId=upload, MultipartUpload=parts)  # type: ignore[arg-type]

    with full_disk(aws):
        assert error_code(complete) == FULL
    eventually(lambda: succeeds(complete))
    assert clients.read(bucket, "a") == video[:BIG]


def test_a_full_disk_lets_objects_be_deleted(aws: EmbeddedAws, clients: Clients, video: bytes, bucket: str) -> None:
    clients.s3.put_object(Bucket=bucket, Key="a", Body=video[:BIG])
    version = clients.s3.list_object_versions(Bucket=bucket)["Versions"][0]["VersionId"]
    with full_disk(aws):
        clients.s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a", "VersionId": version}]})
        assert error_code(lambda: clients.read(bucket, "a")) == (404, "NoSuchKey")


def test_acknowledged_writes_on_full_disk_survive_restart(tmp_path: Path, video: bytes) -> None:
    acknowledged: list[str] = []
    with EmbeddedAws.start(tmp_path) as aws, Clients(aws.endpoint) as clients:
        bucket, queue = clients.bucket(), clients.queue()
        clients.notify(bucket, queue)

        def put(key: str) -> bool:
            is_stored = succeeds(lambda: clients.s3.put_object(Bucket=bucket, Key=key, Body=video[:BIG]))
            acknowledged.extend([key] if is_stored else [])
            return is_stored

        def send(text: str) -> bool:
            return succeeds(lambda: clients.sqs.send_message(QueueUrl=queue, MessageBody=text))

        put("uploads/before")
        with full_disk(aws):
            assert not put("uploads/during")
            send("the disk is not yet known to be full")
            eventually(lambda: not send("refused"))
            assert "is full" in warning(aws)
        eventually(lambda: put("uploads/after"))
        assert "can be written again" in warning(aws)
        aws.stop()
    with EmbeddedAws.start(tmp_path) as aws, Clients(aws.endpoint) as clients:
        listed = clients.s3.list_objects_v2(Bucket=bucket)["Contents"]
        assert [item["Key"] for item in listed] == sorted(acknowledged) == ["uploads/after", "uploads/before"]
        for key in acknowledged:
            assert clients.read(bucket, key) == video[:BIG]
        queue = clients.sqs.get_queue_url(QueueName=queue.rpartition("/")[2])["QueueUrl"]
        bodies = clients.take(queue)
        assert "the disk is not yet known to be full" in bodies
        assert [key_of(body) for body in bodies if body.startswith("{")] == ["uploads/before", "uploads/after"]


def test_a_disk_without_room_is_the_same(tmp_path: Path, video: bytes) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(tmp_path)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root can mount a small file system")
    try:
        with EmbeddedAws.start(tmp_path) as aws, Clients(aws.endpoint) as clients:
            bucket = clients.bucket()
            clients.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
            stored = []
            for number in range(8):
                with contextlib.suppress(ClientError):
                    clients.s3.put_object(Bucket=bucket, Key=str(number), Body=video[number * BIG : (number + 1) * BIG])
                    stored.append(number)
            assert 0 < len(stored) < 8
            assert "is full (No space left on device)" in warning(aws)
            for _ in range(2):
                with contextlib.suppress(ClientError):
                    clients.s3.put_object(Bucket=bucket, Key="0", Body=video[:SMALL] * 200)
        with EmbeddedAws.start(tmp_path) as aws, Clients(aws.endpoint) as clients:
            for number in stored[1:]:
                assert clients.read(bucket, str(number)) == video[number * BIG : (number + 1) * BIG]
            assert clients.read(bucket, "0") in {video[:BIG], video[:SMALL] * 200}
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)  # noqa: S607 - where a system has it


def succeeds(call: Callable[[], object]) -> bool:
    """Return False if the disk is full."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] != "InsufficientStorage":
            raise
        return False
    return True
