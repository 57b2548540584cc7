"""The embedded AWS as its clients see it: a real process, over HTTP, with boto3."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import itertools
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote_plus, urlsplit

import pytest
from boto3.s3.transfer import TransferConfig
from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import ClientError

from services.local.embedded_aws import EmbeddedAws, EmbeddedAwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import CopySourceTypeDef
    from types_boto3_sqs import SQSClient

MIB = 1024 * 1024
PATIENCE_S = 20.0

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

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

_names = itertools.count(1)


class Clients:
    """boto3, and what most tests do with it."""

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
        """Let uploads to `uploads/` reach the queue, and take the test event out of it."""
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
        """The bodies of all visible messages; no waiting."""
        bodies = []
        while messages := self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                bodies.append(message["Body"])
                self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return bodies

    def read(self, bucket: str, key: str, byte_range: str = "bytes=0-") -> bytes:
        return self.s3.get_object(Bucket=bucket, Key=key, Range=byte_range)["Body"].read()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("embedded-aws")


@pytest.fixture(scope="session")
def aws(folder: Path) -> Iterator[EmbeddedAws]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_SECRET_ACCESS_KEY", "the secret of the user's own account")
        patch.setenv("GATEWAY_PORT", "1")
        started = EmbeddedAws.start(folder)
    with started:
        yield started


@pytest.fixture(scope="session")
def clients(aws: EmbeddedAws) -> Iterator[Clients]:
    with Clients(aws.endpoint) as clients:
        yield clients


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def proc(aws: EmbeddedAws, file: str, field: str) -> int:
    """A number out of /proc/<pid>/io (bytes) or /proc/<pid>/status (kB)."""
    lines = Path(f"/proc/{aws.process.pid}/{file}").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1])


def open_url(url: str, *, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    """The status and body that a client without credentials gets, such as a browser with a presigned URL."""
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


def test_its_environment_is_all_that_boto3_needs(
    aws: EmbeddedAws, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = clients.bucket()
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    with contextlib.closing(Session(region_name="eu-west-1").client("s3")) as s3:
        assert bucket in [found["Name"] for found in s3.list_buckets()["Buckets"]]


@linux_only
def test_listens_on_loopback_only(aws: EmbeddedAws) -> None:
    sockets = open_files(aws)
    listening = [
        fields[1]
        for table in ("tcp", "tcp6", "udp", "udp6")
        for fields in map(str.split, Path(f"/proc/net/{table}").read_text().splitlines()[1:])
        if f"socket:[{fields[9]}]" in sockets and (fields[3] == "0A" or table.startswith("udp"))
    ]
    assert listening == [f"0100007F:{urlsplit(aws.endpoint).port:04X}"]


def test_takes_another_port_when_the_wanted_one_is_busy(aws: EmbeddedAws, tmp_path: Path) -> None:
    wanted = urlsplit(aws.endpoint).port
    with EmbeddedAws.start(tmp_path, port=wanted) as other:
        assert urlsplit(other.endpoint).port != wanted
        free = urlsplit(other.endpoint).port
    with EmbeddedAws.start(tmp_path, port=free) as other:
        assert urlsplit(other.endpoint).port == free


def test_refuses_a_folder_that_another_one_serves_from_and_names_its_log(aws: EmbeddedAws, folder: Path) -> None:
    with pytest.raises(EmbeddedAwsError, match=r"^The embedded AWS ended with exit code 1: .*embedded-aws\.log\.$"):
        EmbeddedAws.start(folder)
    assert "Another embedded AWS serves from" in (folder / "embedded-aws.log").read_text()
    assert aws.process.poll() is None


def test_prints_one_line_and_exits_with_zero_on_sigterm(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "services.local.embedded_aws", "--data", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        endpoint = json.loads(process.stdout.readline())["endpoint"]
        assert open_url(f"{endpoint}/_ministack/ready")[0] == http.HTTPStatus.OK
        process.terminate()
        assert process.communicate() == ("", "")
    assert process.returncode == 0


def test_survives_a_kill(tmp_path: Path) -> None:
    with EmbeddedAws.start(tmp_path) as aws, Clients(aws.endpoint) as clients:
        bucket, queue = clients.bucket(), clients.queue()
        clients.notify(bucket, queue)
        clients.dynamodb.create_table(
            TableName="videos",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )
        clients.dynamodb.put_item(TableName="videos", Item={"pk": {"S": "a"}, "bytes": {"B": b"\xff"}})
        clients.s3.put_object(Bucket=bucket, Key="uploads/a.mp4", Body=b"a" * MIB, Metadata={"by": "me"})
        (message,) = clients.sqs.receive_message(QueueUrl=queue, VisibilityTimeout=3600)["Messages"]
        for _ in range(2):  # a save that has begun may lack it, the next one does not
            clients.sqs.tag_queue(QueueUrl=queue, Tags={"any": "change"})
            acknowledged = time.time()
            eventually(lambda: _saved_at(tmp_path) > acknowledged)  # noqa: B023 - called at once
        aws.kill()
    # As a kill in the middle of a save and of an upload leaves them.
    (tmp_path / "state.pickle.tmp").write_bytes(b"half a")
    (tmp_path / f"objects/000000000000/{bucket}/.ministack-keys/sha256-unfinished").write_bytes(b"half an object")

    with EmbeddedAws.start(tmp_path) as aws, Clients(aws.endpoint) as clients:
        found = clients.s3.get_object(Bucket=bucket, Key="uploads/a.mp4")
        assert found["Body"].read() == b"a" * MIB
        assert found["Metadata"] == {"by": "me"}
        assert [item["Key"] for item in clients.s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["uploads/a.mp4"]
        item = clients.dynamodb.get_item(TableName="videos", Key={"pk": {"S": "a"}})["Item"]
        assert item == {"pk": {"S": "a"}, "bytes": {"B": b"\xff"}}
        url = clients.sqs.get_queue_url(QueueName=queue.rpartition("/")[2])["QueueUrl"]
        assert url.startswith(aws.endpoint)
        assert clients.take(url) == [message["Body"]]  # it was in flight
        clients.s3.put_object(Bucket=bucket, Key="uploads/b.mp4", Body=b"b")
        assert [_key(body) for body in clients.take(url)] == ["uploads/b.mp4"]


def _saved_at(folder: Path) -> float:
    with contextlib.suppress(FileNotFoundError):
        return (folder / "state.pickle").stat().st_mtime
    return 0.0


def _key(event: str) -> str:
    (record,) = json.loads(event)["Records"]
    return unquote_plus(record["s3"]["object"]["key"])


def test_every_key_survives(tmp_path: Path) -> None:
    keys = [f"uploads/{key}" for key in KEYS] + KEYS
    with EmbeddedAws.start(tmp_path) as aws, Clients(aws.endpoint) as clients:
        bucket, queue = clients.bucket(), clients.queue()
        clients.notify(bucket, queue)
        for key in keys:
            clients.s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
        assert [_key(body) for body in clients.take(queue)] == [f"uploads/{key}" for key in KEYS]
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


@pytest.fixture(scope="session")
def video() -> bytes:
    """40 MiB in which no two blocks are alike."""
    return b"".join(number.to_bytes(8, "big") for number in range(40 * MIB // 8))


@pytest.fixture(scope="session")
def uploaded(clients: Clients, video: bytes, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A bucket with the video under `video.mp4`, uploaded in parts."""
    bucket = clients.bucket()
    file = tmp_path_factory.mktemp("video") / "video.mp4"
    file.write_bytes(video)
    clients.s3.upload_file(str(file), bucket, "video.mp4", ExtraArgs={"ContentType": "video/mp4"})
    return bucket


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
    Path(f"/proc/{aws.process.pid}/clear_refs").write_text("5")  # the peak starts anew
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
def test_a_download_that_is_given_up_is_not_read_to_its_end(
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


def test_a_part_outlives_the_object_it_was_copied_from(clients: Clients, video: bytes) -> None:
    bucket = clients.bucket()
    clients.s3.put_object(Bucket=bucket, Key="source", Body=video[: 6 * MIB])
    upload = clients.s3.create_multipart_upload(Bucket=bucket, Key="a")["UploadId"]
    first = clients.s3.upload_part_copy(
        Bucket=bucket,
        Key="a",
        UploadId=upload,
        PartNumber=1,
        CopySource={"Bucket": bucket, "Key": "source"},
        CopySourceRange=f"bytes=1-{5 * MIB}",
    )["CopyPartResult"]["ETag"]
    clients.s3.delete_object(Bucket=bucket, Key="source")
    second = clients.s3.upload_part(Bucket=bucket, Key="a", UploadId=upload, PartNumber=2, Body=b"end")["ETag"]
    clients.s3.complete_multipart_upload(
        Bucket=bucket,
        Key="a",
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": first}, {"PartNumber": 2, "ETag": second}]},
    )
    assert clients.read(bucket, "a") == video[1 : 5 * MIB + 1] + b"end"


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


def test_reset_forgets_everything(tmp_path: Path) -> None:
    with EmbeddedAws.start(tmp_path) as aws, Clients(aws.endpoint) as clients:
        clients.s3.put_object(Bucket=clients.bucket(), Key="a", Body=b"a" * MIB)
        clients.queue()
        aws.reset()
        assert not clients.s3.list_buckets()["Buckets"]
        assert not clients.sqs.list_queues().get("QueueUrls")
        assert not list((tmp_path / "objects").rglob("sha256-*"))


def test_stops_cleanly_while_clients_hold_connections(tmp_path: Path, video: bytes) -> None:
    with (
        EmbeddedAws.start(tmp_path) as aws,
        Clients(aws.endpoint) as clients,
        contextlib.ExitStack() as open_connections,
    ):
        bucket, queue = clients.bucket(), clients.queue()
        clients.s3.put_object(Bucket=bucket, Key="a", Body=video)

        def send(method: str, path: str, body: str, headers: dict[str, str]) -> None:
            connection = http.client.HTTPConnection(urlsplit(aws.endpoint).netloc)
            open_connections.callback(connection.close)
            connection.request(method, path, body, headers)

        poll = json.dumps({"QueueUrl": queue, "WaitTimeSeconds": 20})
        send("POST", "/", poll, {"X-Amz-Target": "AmazonSQS.ReceiveMessage"})
        send("GET", f"/{bucket}/a", "", {})  # and does not read it
        send("PUT", f"/{bucket}/b", "the beginning", {"Content-Length": str(10 * MIB)})
        clients.sqs.tag_queue(QueueUrl=queue, Tags={"the": "last change"})
        aws.stop()
        assert aws.process.returncode == 0
    with EmbeddedAws.start(tmp_path) as aws, Clients(aws.endpoint) as clients:
        queue = clients.sqs.get_queue_url(QueueName=queue.rpartition("/")[2])["QueueUrl"]
        assert clients.sqs.list_queue_tags(QueueUrl=queue)["Tags"] == {"the": "last change"}


def test_saves_and_exits_when_its_parent_is_killed(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys, time\n"
        "from services.local.embedded_aws import EmbeddedAws\n"
        "aws = EmbeddedAws.start(pathlib.Path(sys.argv[1]))\n"
        "print(aws.endpoint, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        with Clients(parent.stdout.readline().strip()) as clients:
            queue = clients.queue()
        parent.kill()
    eventually(lambda: _is_free(tmp_path))
    with EmbeddedAws.start(tmp_path) as aws, Clients(aws.endpoint) as clients:
        assert clients.sqs.get_queue_url(QueueName=queue.rpartition("/")[2])


def _is_free(folder: Path) -> bool:
    with (folder / "lock").open("w") as lock, contextlib.suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False
