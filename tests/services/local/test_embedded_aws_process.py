"""The embedded AWS as a process: its start and its end, and what a kill leaves."""

from __future__ import annotations

import contextlib
import fcntl
import http
import http.client
import json
import subprocess
import sys
import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from boto3.session import Session

from services.local.embedded_aws import EmbeddedAws, EmbeddedAwsError
from tests.support.aws_clients import MIB, Clients, eventually, key_of, linux_only, open_files, open_url
from tests.support.ports import held_ports


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


def test_it_listens_only_on_the_requested_port(aws: EmbeddedAws, tmp_path: Path) -> None:
    taken = urlsplit(aws.endpoint).port
    with pytest.raises(EmbeddedAwsError, match=rf"Another program has port {taken} of 127\.0\.0\.1"):
        EmbeddedAws.start(tmp_path, port=taken)
    with held_ports(1) as (free,), EmbeddedAws.start(tmp_path, port=free) as other:
        assert urlsplit(other.endpoint).port == free


def test_folder_of_another_process_is_refused(aws: EmbeddedAws, folder: Path) -> None:
    with pytest.raises(EmbeddedAwsError, match=r"^The embedded AWS ended with exit code 1: .*\.log\. Another"):
        EmbeddedAws.start(folder)
    assert "Another embedded AWS serves from" in (folder / "embedded-aws.log").read_text()
    assert aws.process.poll() is None


def test_prints_one_line_and_exits_with_zero_on_sigterm(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "services.local.embedded_aws", "--data", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        endpoint = json.loads(process.stdout.readline())["endpoint"]
        assert open_url(f"{endpoint}/")[0] == http.HTTPStatus.OK
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
        assert [key_of(body) for body in clients.take(url)] == ["uploads/b.mp4"]


def _saved_at(folder: Path) -> float:
    with contextlib.suppress(FileNotFoundError):
        return (folder / "state.pickle").stat().st_mtime
    return 0.0


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


def test_every_answer_has_one_date(aws: EmbeddedAws) -> None:
    with Clients(aws.endpoint) as clients:
        bucket = clients.bucket()
        clients.s3.put_object(Bucket=bucket, Key="uploads/a", Body=b"x" * MIB)
        answers = [
            clients.s3.head_bucket(Bucket=bucket),
            clients.s3.get_object(Bucket=bucket, Key="uploads/a"),
            clients.s3.head_object(Bucket=bucket, Key="uploads/a"),
        ]
    dates = [answer["ResponseMetadata"]["HTTPHeaders"]["date"] for answer in answers]
    assert [parsedate_to_datetime(date).tzinfo for date in dates] == [UTC, UTC, UTC]
