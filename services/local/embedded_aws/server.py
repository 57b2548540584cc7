"""The embedded AWS's process: one listener on 127.0.0.1, ready when it answers, saved when it stops."""

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TextIO, cast

from hypercorn.asyncio import serve as serve_with_hypercorn
from hypercorn.config import Config
from ministack import app

from services.local.embedded_aws.bodies import Spool
from services.local.embedded_aws.gateway import Gateway
from services.local.embedded_aws.objects import graft
from services.local.embedded_aws.state import StateFile

HOST: Final = "127.0.0.1"
STOP_GRACE_S: Final = 1.0
# Longer than the pauses of any client of ours: a connection closed while a request is on its way costs a retry.
_KEEP_ALIVE_S: Final = 300.0
_READY_POLL_S: Final = 0.02


def run(data: Path, ready: TextIO, *, port: int | None, exit_with_parent: bool) -> None:
    """Serve from the folder `data` until SIGTERM, SIGINT or, if asked for, the end of standard input.

    `port` is a wish: another one is taken when it is not free. The endpoint is printed to `ready` as one JSON line.

    Raises:
        BlockingIOError: another process serves from this folder.
    """
    with _only_one(data):
        asyncio.run(_serve(data, _bind(port), ready, exit_with_parent=exit_with_parent))


async def _serve(data: Path, listener: socket.socket, ready: TextIO, *, exit_with_parent: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    if exit_with_parent:
        _at_end_of_stdin(lambda: loop.call_soon_threadsafe(stop.set))

    port = listener.getsockname()[1]
    graft(Spool(data / "spool"), data / "objects")
    state = StateFile(data / "state.pickle")
    app.load_state = state.load
    app.save_all = lambda _: None  # state.keep does it
    app._collect_scripts = lambda *_: []  # noqa: SLF001 - ministack runs what it finds in /etc/localstack
    gateway = Gateway(app.app)

    closed = asyncio.Event()
    config = _config(listener)
    serving = loop.create_task(serve_with_hypercorn(cast("Any", gateway), config, shutdown_trigger=closed.wait))
    saving = loop.create_task(state.keep(gateway, closed))
    announcing = loop.create_task(_announce(port, ready))
    stopping = loop.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)

    announcing.cancel()
    await gateway.close(STOP_GRACE_S)
    closed.set()
    await saving
    await asyncio.wait({serving}, timeout=STOP_GRACE_S)
    if not serving.done():
        # A client that does not read what it asked for: hypercorn waits for it, since Python 3.12.1 without end
        # (asyncio's Server.wait_closed). All is saved.
        os._exit(0)
    if not serving.cancelled() and (error := serving.exception()):
        raise error


def _config(listener: socket.socket) -> Config:
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = _KEEP_ALIVE_S
    config.keep_alive_max_requests = 1_000_000
    config.graceful_timeout = STOP_GRACE_S / 2  # the gateway has closed before
    config.loglevel = "WARNING"
    return config


async def _announce(port: int, ready: TextIO) -> None:
    """Wait until ministack says over HTTP that it is ready, then print the endpoint."""
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(f"GET /_ministack/ready HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            status = await reader.readline()
            writer.close()
            await writer.wait_closed()
            if b" 200 " in status:
                break
        await asyncio.sleep(_READY_POLL_S)
    print(json.dumps({"endpoint": f"http://{HOST}:{port}"}), file=ready, flush=True)


def _bind(port: int | None) -> socket.socket:
    """A socket on `port`, or on a free one: bound here and handed to hypercorn, so nobody can take it in between."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((HOST, port or 0))
        listener.listen()
    except OSError:
        listener.close()
        if port is None:
            raise
        return _bind(None)
    return listener


@contextlib.contextmanager
def _only_one(data: Path) -> Iterator[None]:
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def _at_end_of_stdin(then: Callable[[], object]) -> None:
    """Call `then` when the other end of standard input closes: the parent holds it, so also when it is killed."""

    def read() -> None:
        # Not through sys.stdin: its lock, held by a daemon thread, is a fatal error when the interpreter ends.
        while os.read(0, 4096):
            pass
        then()

    threading.Thread(target=read, daemon=True).start()
