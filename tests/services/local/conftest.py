"""An embedded AWS that many tests share, and a large object in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.local.embedded_aws import EmbeddedAws
from tests.support.aws_clients import MIB, Clients

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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


@pytest.fixture(scope="session")
def video() -> bytes:
    """40 MiB in which no two blocks are alike."""
    return b"".join(number.to_bytes(8, "big") for number in range(40 * MIB // 8))


@pytest.fixture(scope="session")
def uploaded(clients: Clients, video: bytes, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Upload the video in parts as `video.mp4`, and return the bucket."""
    bucket = clients.bucket()
    file = tmp_path_factory.mktemp("video") / "video.mp4"
    file.write_bytes(video)
    clients.s3.upload_file(str(file), bucket, "video.mp4", ExtraArgs={"ContentType": "video/mp4"})
    return bucket
