"""Choose the ports of the pipeline on this machine, and keep the token that its api asks for."""

import contextlib
import fcntl
import os
import secrets
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_reserved: list[IO[bytes]] = []
"""Locked files: the ports that this process has given to its services."""


@dataclass(frozen=True, kw_only=True)
class Ports:
    """The ports on 127.0.0.1 that are asked for. What has none here takes any that is free."""

    aws: int | None = None
    """Exactly this one: the embedded AWS does not start if another program has it."""
    api: int | None = None
    """This one if it is free."""
    dashboard: int | None = None
    """None if there is no dashboard."""

    @property
    def origins(self) -> list[str]:
        """The origins of the web pages that may use the bucket."""
        return [web_address(self.dashboard)] if self.dashboard else []


ANY_PORTS = Ports()


def web_address(port: int) -> str:
    """Return the origin of what is served over HTTP on `port`."""
    return f"http://127.0.0.1:{port}"


def keep_token(data: Path) -> Path:
    """The file with the token, made on the first start and kept: nobody else on the machine may read it."""
    file = data / "api-token"
    with contextlib.suppress(FileExistsError):
        # Made with its mode, so that there is no moment in which others could read it.
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as opened:
            opened.write(secrets.token_urlsafe(32))
    return file


def free_port(wish: int | None) -> int:
    """Return the port `wish` if nobody has it, else any that is free on 127.0.0.1, and reserve it for this process.

    The service that listens on it starts later: without the reservation a second demo could choose the same port.
    """
    if wish and _is_free(wish) and _reserve(wish):
        return wish
    while True:
        with socket.socket() as candidate:
            candidate.bind(("127.0.0.1", 0))
            port = int(candidate.getsockname()[1])
        if _reserve(port):
            return port


def _is_free(port: int) -> bool:
    with contextlib.suppress(OSError), socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        candidate.bind(("127.0.0.1", port))
        return True
    return False


def _reserve(port: int) -> bool:
    """Lock the port's file until this process ends; False if it is locked already."""
    folder = Path(tempfile.gettempdir()) / f"thumbnail-pipeline-ports-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        file = (folder / str(port)).open("wb")
    except OSError:
        return True  # for example on a full disk: then nothing but chance keeps two demos apart
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return False
    _reserved.append(file)
    return True
