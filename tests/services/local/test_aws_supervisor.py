"""An embedded AWS that dies is restarted where it was."""

from __future__ import annotations

import os
import resource
import signal
import socket
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from services.local.aws_supervisor import AwsSupervisor
from tests.support.aws_clients import Clients, eventually, linux_only
from tests.support.driver import eventually as in_time

if TYPE_CHECKING:
    from pathlib import Path


def kill(aws: AwsSupervisor) -> None:
    os.kill(aws.pid, signal.SIGKILL)


def test_restarted_aws_keeps_its_address_and_data(tmp_path: Path) -> None:
    said: list[str] = []
    recovered: list[str] = []
    with AwsSupervisor(tmp_path, port=None, say=said.append) as aws, Clients(aws.endpoint) as clients:
        clients.s3.put_object(Bucket=clients.bucket(), Key="a", Body=b"12345")

        def recover() -> None:
            recovered.append(aws.endpoint)
            if len(recovered) == 1:
                raise ClientError({"Error": {"Code": "InsufficientStorage"}}, "SendMessage")

        aws.after_restart(recover)
        endpoint = aws.endpoint
        kill(aws)
        eventually(lambda: len(recovered) == 2)
        assert recovered == [endpoint, endpoint]
        (bucket,) = clients.s3.list_buckets()["Buckets"]
        assert clients.read(bucket["Name"], "a") == b"12345"
    assert "was ended by signal 9" in said[0]
    assert "starts again in 0.5 s" in said[0]
    assert "answers again" in said[1]
    assert len(said) == 2


def test_repeated_death_lengthens_pause_and_names_log(tmp_path: Path) -> None:
    said: list[str] = []
    with AwsSupervisor(tmp_path, port=None, say=said.append) as aws:
        for deaths in range(1, 5):
            kill(aws)
            in_time(lambda: sum("answers again" in text for text in said) == deaths, "the restart")  # noqa: B023 - at once
    pauses = [text for text in said if "starts again in" in text]
    for text, delay in zip(pauses, ("0.5 s", "1 s", "2 s", "4 s"), strict=True):
        assert f"in {delay} (log: {tmp_path / 'embedded-aws.log'})" in text
    assert "4 times in a row" in pauses[-1]


def test_it_waits_for_its_port(tmp_path: Path) -> None:
    said: list[str] = []
    with AwsSupervisor(tmp_path, port=None, say=said.append) as aws:
        kill(aws)
        eventually(lambda: bool(said))
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", int(aws.endpoint.rpartition(":")[2])))
            other.listen()
            in_time(lambda: any("Another program has port" in text for text in said), "the reason")
        in_time(lambda: any("answers again" in text for text in said), "the restart")


@linux_only
def test_a_full_disk_is_reported(tmp_path: Path) -> None:
    said: list[str] = []
    with AwsSupervisor(tmp_path, port=None, say=said.append) as aws, Clients(aws.endpoint) as clients:
        resource.prlimit(aws.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        clients.bucket()
        eventually(lambda: any(f"The disk with {tmp_path} is full" in text for text in said))
        resource.prlimit(aws.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        eventually(lambda: any("can be written again" in text for text in said))
    assert len(said) == 2
