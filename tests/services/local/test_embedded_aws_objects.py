"""The objects of the embedded AWS as its clients see them: a real process, over HTTP, with boto3."""

from __future__ import annotations

import http
import http.client
import json
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from boto3.s3.transfer import TransferConfig

from services.local.embedded_aws import EmbeddedAws
from tests.support.aws_clients import (
    MIB,
    Clients,
    error_code,
    eventually,
    key_of,
    linux_only,
    open_files,
    open_url,
    proc,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from types_boto3_s3.literals import BucketVersioningStatusType
    from types_boto3_s3.type_defs import CopySourceTypeDef


# As boto3 sends them; each is a path, an XML text, a query or a file name somewhere on its way.
KEYS = [
    "plain.mp4",
    "PLAIN.mp4",
    "with space .mp4 ",
    " a+b.mp4",
    "a%20b%2F%zz.mp4",
    "caf\u00e9.mp4",
    "cafe\u0301.mp4",
    "\u65e5\u672c\u8a9e/\U0001f3ac.mp4",
    "doubled//slash",
    "/leading",
    "trailing/",
    "./.././..",
    "../../../escape",
    "file",
    "file/below/it",
    "?uploads&a=b#c",
    "quotes'\"<&>`",
    "back\\slash",
    "line\r\nbreak\ttab",
    "x.meta.json",
    "x.tmp",
    ".ministack-keys/x",
    "service/cloudwatch/operation/x.mp4",
    ".well-known/jwks.json",
    "n" * 300 + "/" + "\u00fc" * 200,
    "k" * (1024 - len("uploads/")),
]


def test_every_key_survives(tmp_path: Path) -> None:
    keys = [f"uploads/{key}" for key in KEYS] + KEYS
    with EmbeddedAws.start(tmp_path) as aws, Clients(aws.endpoint) as clients:
        bucket, queue = clients.bucket(), clients.queue()
        clients.notify(bucket, queue)
        for key in keys:
            clients.s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
        assert [key_of(body) for body in clients.take(queue)] == [f"uploads/{key}" for key in KEYS]
    with EmbeddedAws.start(tmp_path) as aws, Clients(aws.endpoint) as clients:
        listed = clients.s3.list_objects_v2(Bucket=bucket)["Contents"]
        assert [item["Key"] for item in listed] == sorted(keys)
        for key in keys:
            assert clients.s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == len(key.encode())
            link = clients.s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})
            assert open_url(link) == (http.HTTPStatus.OK, key.encode())
            clients.s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": key})
            assert clients.read(bucket, "copy").decode() == key
            clients.s3.delete_object(Bucket=bucket, Key=key)
        assert clients.s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1


@linux_only
def test_a_range_costs_the_range_and_not_the_object(
    aws: EmbeddedAws, clients: Clients, uploaded: str, video: bytes
) -> None:
    clients.read(uploaded, "video.mp4", "bytes=0-0")  # the first one makes ministack import more modules
    before = proc(aws, "io", "rchar")
    for start in range(0, len(video), len(video) // 10):
        assert clients.read(uploaded, "video.mp4", f"bytes={start}-{start + 999}") == video[start : start + 1000]
    assert proc(aws, "io", "rchar") - before < MIB


@pytest.mark.parametrize(
    ("byte_range", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=-5", 40 * MIB - 5, 40 * MIB - 1),
        (f"bytes={40 * MIB - 1}-", 40 * MIB - 1, 40 * MIB - 1),
        (f"bytes={39 * MIB}-{99 * MIB}", 39 * MIB, 40 * MIB - 1),
    ],
)
def test_a_range_is_answered_as_s3_does(  # noqa: PLR0917 - fixtures and parameters
    clients: Clients, uploaded: str, video: bytes, byte_range: str, first: int, last: int
) -> None:
    whole = clients.s3.head_object(Bucket=uploaded, Key="video.mp4")
    part = clients.s3.get_object(Bucket=uploaded, Key="video.mp4", Range=byte_range, IfMatch=whole["ETag"])
    assert part["ResponseMetadata"]["HTTPStatusCode"] == http.HTTPStatus.PARTIAL_CONTENT
    assert part["ContentRange"] == f"bytes {first}-{last}/{40 * MIB}"
    assert part["ContentLength"] == last - first + 1
    assert part["Body"].read() == video[first : last + 1]
    for header in ("ETag", "LastModified", "ContentType", "Metadata"):
        assert part[header] == whole[header]


def test_what_is_no_range_gives_the_whole_object(clients: Clients) -> None:
    bucket = clients.bucket()
    clients.s3.put_object(Bucket=bucket, Key="key", Body=b"12345")
    for byte_range in ("bytes=3-1", "bytes=0-0,2-3", "lines=1-2"):
        assert clients.read(bucket, "key", byte_range) == b"12345"


def test_refuses_a_range_as_s3_does(clients: Clients, uploaded: str) -> None:
    def get(key: str, byte_range: str, etag: str = "*") -> Callable[[], object]:
        return lambda: clients.s3.get_object(Bucket=uploaded, Key=key, Range=byte_range, IfMatch=etag)

    assert error_code(get("video.mp4", f"bytes={40 * MIB}-")) == (416, "InvalidRange")
    assert error_code(get("video.mp4", "bytes=0-1", '"of another one"')) == (412, "PreconditionFailed")
    assert error_code(get("missing", "bytes=0-1")) == (404, "NoSuchKey")


def test_a_presigned_url_gives_a_range(clients: Clients, uploaded: str, video: bytes) -> None:
    link = clients.s3.generate_presigned_url("get_object", Params={"Bucket": uploaded, "Key": "video.mp4"})
    status, body = open_url(link, Range="bytes=1000000-1000009")
    assert (status, body) == (http.HTTPStatus.PARTIAL_CONTENT, video[1000000:1000010])
    forged = link.replace("X-Amz-Signature=", "X-Amz-Signature=0")
    assert open_url(forged)[0] == http.HTTPStatus.FORBIDDEN


def test_a_presigned_url_takes_an_upload(clients: Clients, video: bytes) -> None:
    bucket = clients.bucket()
    link = clients.s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "a"})
    assert open_url(link, method="PUT", body=video[:MIB])[0] == http.HTTPStatus.OK
    assert clients.read(bucket, "a") == video[:MIB]


def test_versions_keep_their_bytes_and_ranges(clients: Clients, video: bytes) -> None:
    bucket = clients.bucket()
    clients.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    bodies = [video[start : start + MIB] for start in range(0, 3 * MIB, MIB)]
    versions = [clients.s3.put_object(Bucket=bucket, Key="a", Body=body)["VersionId"] for body in bodies]
    clients.s3.delete_object(Bucket=bucket, Key="a")
    for version, body in zip(versions, bodies, strict=True):
        answer = clients.s3.get_object(Bucket=bucket, Key="a", VersionId=version, Range="bytes=9-99")
        assert answer["ContentRange"] == f"bytes 9-99/{MIB}"
        assert answer["Body"].read() == body[9:100]


@linux_only
def test_big_objects_stay_out_of_memory(aws: EmbeddedAws, clients: Clients, uploaded: str, video: bytes) -> None:
    Path(f"/proc/{aws.process.pid}/clear_refs").write_text("5")  # the peak starts again
    before = proc(aws, "status", "VmRSS")
    etag = clients.s3.head_object(Bucket=uploaded, Key="video.mp4")["ETag"]
    source: CopySourceTypeDef = {"Bucket": uploaded, "Key": "video.mp4"}
    clients.s3.put_object(Bucket=uploaded, Key="put", Body=video)
    clients.s3.copy_object(Bucket=uploaded, Key="copied", CopySource=source)
    clients.s3.copy(source, uploaded, "copied in parts", Config=TransferConfig(max_concurrency=2))
    for key in ("video.mp4", "put", "copied", "copied in parts"):
        assert clients.s3.get_object(Bucket=uploaded, Key=key)["Body"].read() == video
    assert clients.s3.head_object(Bucket=uploaded, Key="copied")["ETag"] == etag
    assert proc(aws, "status", "VmHWM") - before < len(video) / 1024 / 2


@linux_only
def test_abandoned_download_is_not_read_to_the_end(
    aws: EmbeddedAws, clients: Clients, uploaded: str, video: bytes
) -> None:
    def is_sending() -> bool:
        return any("sha256-" in file for file in open_files(aws))

    before = proc(aws, "io", "rchar")
    body = clients.s3.get_object(Bucket=uploaded, Key="video.mp4")["Body"]
    assert body.read(10) == video[:10]
    assert is_sending()
    body.close()
    eventually(lambda: not is_sending())
    assert proc(aws, "io", "rchar") - before < len(video) / 2


@pytest.mark.parametrize("copied_bytes", [5, 5 * MIB])
def test_a_part_outlives_the_object_it_was_copied_from(clients: Clients, video: bytes, copied_bytes: int) -> None:
    bucket = clients.bucket()
    clients.s3.put_object(Bucket=bucket, Key="source", Body=video[: 6 * MIB])
    upload = clients.s3.create_multipart_upload(Bucket=bucket, Key="a")["UploadId"]
    first = clients.s3.upload_part_copy(
        Bucket=bucket,
        Key="a",
        UploadId=upload,
        PartNumber=1,
        CopySource={"Bucket": bucket, "Key": "source"},
        CopySourceRange=f"bytes=1-{copied_bytes}",
    )["CopyPartResult"]["ETag"]
    clients.s3.delete_object(Bucket=bucket, Key="source")
    second = clients.s3.upload_part(Bucket=bucket, Key="a", UploadId=upload, PartNumber=2, Body=b"end")["ETag"]
    clients.s3.complete_multipart_upload(
        Bucket=bucket,
        Key="a",
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": first}, {"PartNumber": 2, "ETag": second}]},
    )
    assert clients.read(bucket, "a") == video[1 : copied_bytes + 1] + b"end"


def test_what_became_no_object_leaves_nothing_on_disk(folder: Path, clients: Clients, video: bytes) -> None:
    bucket = clients.bucket()
    clients.s3.put_object(Bucket=bucket, Key="a", Body=b"first")

    def put_again() -> object:
        return clients.s3.put_object(Bucket=bucket, Key="a", Body=video[:MIB], IfNoneMatch="*")

    def put_damaged() -> object:
        return clients.s3.put_object(Bucket=bucket, Key="b", Body=video[:MIB], ChecksumCRC32="AAAAAA==")

    assert error_code(put_again) == (412, "PreconditionFailed")
    assert error_code(put_damaged) == (400, "BadDigest")
    upload = clients.s3.create_multipart_upload(Bucket=bucket, Key="a")["UploadId"]
    clients.s3.upload_part(Bucket=bucket, Key="a", UploadId=upload, PartNumber=1, Body=video[:MIB])
    clients.s3.abort_multipart_upload(Bucket=bucket, Key="a", UploadId=upload)
    eventually(lambda: not list((folder / "spool").iterdir()))
    assert clients.read(bucket, "a") == b"first"


def test_events_name_how_the_object_came(clients: Clients, uploaded: str) -> None:
    bucket, queue = clients.bucket(), clients.queue()
    clients.notify(bucket, queue)
    source: CopySourceTypeDef = {"Bucket": uploaded, "Key": "video.mp4"}
    clients.s3.put_object(Bucket=bucket, Key="uploads/put", Body=b"12345")
    clients.s3.put_object(Bucket=bucket, Key="elsewhere/put", Body=b"12345")
    clients.s3.copy_object(Bucket=bucket, Key="uploads/copy", CopySource=source)
    clients.s3.copy(source, bucket, "uploads/parts")
    records = [json.loads(body)["Records"][0] for body in clients.take(queue)]
    assert [(record["eventName"], record["s3"]["object"]["size"]) for record in records] == [
        ("ObjectCreated:Put", 5),
        ("ObjectCreated:Copy", 40 * MIB),
        ("ObjectCreated:CompleteMultipartUpload", 40 * MIB),
    ]
    for record in records:
        head = clients.s3.head_object(Bucket=bucket, Key=record["s3"]["object"]["key"])
        assert head["ETag"] == f'"{record["s3"]["object"]["eTag"]}"'
    sequencers = [record["s3"]["object"]["sequencer"] for record in records]
    assert sequencers == sorted(sequencers)


@pytest.mark.parametrize("size", [5, MIB])
@pytest.mark.parametrize("status", ["Enabled", "Suspended"])
def test_conditional_write_replaces_only_the_version_seen(
    clients: Clients, video: bytes, size: int, status: BucketVersioningStatusType
) -> None:
    bucket = versioned(clients, status)
    first = clients.s3.put_object(Bucket=bucket, Key="a", Body=video[:size], IfNoneMatch="*")["ETag"]
    other = video[-size:]
    again = clients.s3.put_object
    assert error_code(lambda: again(Bucket=bucket, Key="a", Body=other, IfNoneMatch="*")) == (412, "PreconditionFailed")
    assert error_code(lambda: again(Bucket=bucket, Key="a", Body=other, IfMatch='"0"')) == (412, "PreconditionFailed")
    assert error_code(lambda: again(Bucket=bucket, Key="b", Body=other, IfMatch=first)) == (404, "NoSuchKey")
    assert clients.read(bucket, "a") == video[:size]
    assert clients.s3.put_object(Bucket=bucket, Key="a", Body=other, IfMatch=first)["ETag"] != first
    assert clients.read(bucket, "a") == other
    clients.s3.delete_object(Bucket=bucket, Key="a")
    assert clients.s3.put_object(Bucket=bucket, Key="a", Body=other, IfNoneMatch="*")["ETag"] != first


@pytest.mark.parametrize("status", ["Enabled", "Suspended"])
def test_conditional_delete_removes_only_the_version_seen(clients: Clients, status: BucketVersioningStatusType) -> None:
    bucket = versioned(clients, status)
    etag = clients.s3.put_object(Bucket=bucket, Key="a", Body=b"12345")["ETag"]
    delete = clients.s3.delete_object
    assert error_code(lambda: delete(Bucket=bucket, Key="a", IfMatch='"0"')) == (412, "PreconditionFailed")
    assert error_code(lambda: delete(Bucket=bucket, Key="b", IfMatch=etag)) == (404, "NoSuchKey")
    assert clients.read(bucket, "a") == b"12345"
    delete(Bucket=bucket, Key="a", IfMatch=etag)
    assert error_code(lambda: clients.read(bucket, "a")) == (404, "NoSuchKey")


def test_a_batch_of_conditional_deletes_says_which_failed(clients: Clients) -> None:
    bucket = versioned(clients, "Enabled")
    etags = {key: clients.s3.put_object(Bucket=bucket, Key=key, Body=key.encode())["ETag"] for key in "abc"}
    answer = clients.s3.delete_objects(
        Bucket=bucket,
        Delete={
            "Objects": [
                {"Key": "a", "ETag": etags["a"]},
                {"Key": "b", "ETag": etags["c"]},
                {"Key": "c"},
                {"Key": "d", "ETag": etags["c"]},
            ]
        },
    )
    assert [entry["Key"] for entry in answer["Deleted"]] == ["a", "c"]
    assert [(entry["Key"], entry["Code"]) for entry in answer["Errors"]] == [
        ("b", "PreconditionFailed"),
        ("d", "NoSuchKey"),
    ]
    assert [item["Key"] for item in clients.s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["b"]


@pytest.mark.parametrize("size", [5, MIB])
def test_read_returns_version_id_and_last_modified(clients: Clients, video: bytes, size: int) -> None:
    bucket = versioned(clients, "Enabled")
    for body in (video[:size], video[-size:]):
        version = clients.s3.put_object(Bucket=bucket, Key="a", Body=body)["VersionId"]
        head = clients.s3.head_object(Bucket=bucket, Key="a")
        for byte_range in ("bytes=0-", "bytes=1-2"):
            read = clients.s3.get_object(Bucket=bucket, Key="a", Range=byte_range)
            assert read["VersionId"] == head["VersionId"] == version
            assert read["LastModified"] == head["LastModified"]
            now = parsedate_to_datetime(read["ResponseMetadata"]["HTTPHeaders"]["date"]).replace(tzinfo=UTC)
            assert read["LastModified"] <= now


def test_restart_keeps_current_versions_and_drops_others(tmp_path: Path, video: bytes) -> None:
    with EmbeddedAws.start(tmp_path) as aws, Clients(aws.endpoint) as clients:
        bucket = clients.bucket()
        clients.s3.put_object(Bucket=bucket, Key="older than versions", Body=video[:MIB])
        clients.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        for key in ("a", "deleted", "back"):
            for start in (1, 2):
                clients.s3.put_object(Bucket=bucket, Key=key, Body=video[start * MIB : (start + 1) * MIB])
        marker = clients.s3.delete_object(Bucket=bucket, Key="back")["VersionId"]
        clients.s3.delete_object(Bucket=bucket, Key="back", VersionId=marker)
        clients.s3.delete_object(Bucket=bucket, Key="deleted")
        version = clients.s3.head_object(Bucket=bucket, Key="a")["VersionId"]
    for _ in range(2):
        with EmbeddedAws.start(tmp_path) as aws, Clients(aws.endpoint) as clients:
            listed = clients.s3.list_object_versions(Bucket=bucket)
            assert [entry["Key"] for entry in listed["Versions"]] == ["a", "back", "older than versions"]
            assert "DeleteMarkers" not in listed
            assert clients.s3.head_object(Bucket=bucket, Key="a")["VersionId"] == version
            assert clients.read(bucket, "a") == clients.read(bucket, "back") == video[2 * MIB : 3 * MIB]
            assert clients.read(bucket, "older than versions") == video[:MIB]
            assert clients.s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    stored = sum(file.stat().st_size for file in (tmp_path / "objects").rglob("*") if file.is_file())
    assert stored < 3 * MIB + 10_000


def versioned(clients: Clients, status: BucketVersioningStatusType) -> str:
    bucket = clients.bucket()
    clients.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
    return bucket
