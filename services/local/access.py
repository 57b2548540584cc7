"""How to reach the api on this machine: its port, and the token that it asks for."""

import contextlib
import os
import secrets
import socket
from pathlib import Path


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
    """The port that was wished for if nobody has it, else any that is free on 127.0.0.1."""
    for port in filter(None, [wish]):
        with contextlib.suppress(OSError), socket.socket() as candidate:
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            candidate.bind(("127.0.0.1", port))
            return port
    with socket.socket() as candidate:
        candidate.bind(("127.0.0.1", 0))
        return int(candidate.getsockname()[1])
