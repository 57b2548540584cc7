"""Ports and api token of the pipeline on this machine."""

import contextlib
import fcntl
import os
import secrets
import socket
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Requested ports on 127.0.0.1. A service without a requested port gets a free one."""

    aws: int | None = None
    """Required port: the embedded AWS does not start if another program has it."""
    api: int | None = None
    """Preferred port: the api takes another one if it is not free."""
    dashboard: int | None = None
    """None if there is no dashboard."""
    frames: int | None = None
    """Preferred port as for the api; None if there is no frames service."""

    @property
    def origins(self) -> list[str]:
        """Return the origins of the web pages that may use the bucket."""
        return [web_address(self.dashboard)] if self.dashboard else []


ANY_PORTS = Ports()


def web_address(port: int) -> str:
    """Return the origin of a service that listens on `port`."""
    return f"http://127.0.0.1:{port}"


def ensure_token(data: Path) -> Path:
    """Create the file with the api token on the first start, readable by its owner only, and return its path."""
    file = data / "api-token"
    with contextlib.suppress(FileExistsError):
        # Created with its mode, so that other users cannot read it at any moment.
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as opened:
            opened.write(secrets.token_urlsafe(32))
    return file


def reserve_port(preferred: int | None) -> int:
    """Reserve a port on 127.0.0.1 for this process and return it: `preferred` if it is free, else any free port.

    The service that listens on it starts later: without the reservation, a second demo could choose the same port, or a
    connection of any program begin at it.
    """
    if preferred and _hold_port(preferred):
        return preferred
    while True:
        if port := _hold_port(0):
            return port


def _hold_port(port: int) -> int | None:
    """Bind and lock a port, any free one for 0; return it, or None if it is taken.

    It stays bound until this process ends. A server that sets SO_REUSEADDR can listen on it all the same, on Linux.
    """
    with socket.socket() as holder:
        try:
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind(("127.0.0.1", port))
        except OSError:
            return None
        port = int(holder.getsockname()[1])
        if not _lock_port(port):
            return None
        if sys.platform == "linux":
            holder.detach()
        return port


def _lock_port(port: int) -> bool:
    """Lock the port's file until this process ends; False if it is locked already."""
    folder = Path(tempfile.gettempdir()) / f"thumbnail-pipeline-ports-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        # A plain descriptor, which stays open until the process ends: Python would close the file of an object.
        descriptor = os.open(folder / str(port), os.O_WRONLY | os.O_CREAT, 0o600)
    except OSError:
        return True  # for example on a full disk: two demos could then choose the same port
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return False
    return True
