"""Process of the embedded AWS: one listener on 127.0.0.1, and a last save when it stops."""

import asyncio
import contextlib
import errno
import fcntl
import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, TextIO

import uvicorn
import uvloop
from ministack import app

from services.local.embedded_aws.bodies import Spool
from services.local.embedded_aws.disk import Disk
from services.local.embedded_aws.gateway import Gateway
from services.local.embedded_aws.objects import install_replacements
from services.local.embedded_aws.polls import Arrivals, install_arrivals
from services.local.embedded_aws.state import StateFile
from services.local.embedded_aws.tokens import install_digests

HOST: Final = "127.0.0.1"
STOP_GRACE_S: Final = 1.0
# Longer than the pauses of our clients: closing a connection during a request costs a retry.
_KEEP_ALIVE_S: Final = 300
_READY_POLL_S: Final = 0.02


class PortTakenError(OSError):
    """Another program has the requested port."""


def run_server(data: Path, ready: TextIO, *, port: int | None, exit_with_parent: bool) -> None:
    """Serve from the folder `data` until SIGTERM, SIGINT or, if asked for, the end of standard input.

    Without a `port` it takes a free one. It prints the endpoint to `ready` as one JSON line.

    Raises:
        BlockingIOError: another process serves from this folder.
        PortTakenError: another program has `port`.
    """
    with _lock_folder(data):
        uvloop.run(_serve(data, _bind_socket(port), ready, exit_with_parent=exit_with_parent))


async def _serve(data: Path, listener: socket.socket, ready: TextIO, *, exit_with_parent: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    if exit_with_parent:
        _call_at_end_of_stdin(lambda: loop.call_soon_threadsafe(stop.set))

    port = listener.getsockname()[1]
    disk = Disk(data, partial(_print_line, ready, "warning"))
    install_replacements(Spool(data / "spool"), data / "objects", disk)
    install_arrivals(Arrivals(loop))
    install_digests()
    state = StateFile(data / "state.pickle", disk)
    app.load_state = state.load_service
    app.save_all = lambda _: None  # state.keep_saved does it
    app._collect_scripts = lambda *_: []  # noqa: SLF001 - ministack runs scripts from /etc/localstack
    gateway = Gateway(app.app, disk)

    closed = asyncio.Event()
    server = _Server(_make_config(gateway))
    serving = loop.create_task(server.serve(sockets=[listener]))
    saving = loop.create_task(state.keep_saved(gateway, closed))
    announcing = loop.create_task(_announce_endpoint(server, port, ready))
    stopping = loop.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)

    announcing.cancel()
    await gateway.close(STOP_GRACE_S)
    server.should_exit = True
    closed.set()
    await saving
    await asyncio.wait({serving}, timeout=STOP_GRACE_S)
    if not serving.done():
        # A client does not read its response. The state is saved.
        os._exit(0)
    if not serving.cancelled() and (error := serving.exception()):
        raise error


class _Server(uvicorn.Server):
    """Server that leaves signals to `_serve`, which saves the state first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _make_config(gateway: Gateway) -> uvicorn.Config:
    return uvicorn.Config(
        gateway,
        access_log=False,
        # ministack sends a Date of its own.
        date_header=False,
        http="httptools",
        lifespan="on",
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=_KEEP_ALIVE_S,
        ws="none",
    )


async def _announce_endpoint(server: _Server, port: int, ready: TextIO) -> None:
    """Print the endpoint when the server accepts requests and ministack is ready to answer them."""
    while True:
        state = app._ready_scripts_state["status"]  # noqa: SLF001 - the path that says it is closed
        if server.started and state == "completed":
            break
        await asyncio.sleep(_READY_POLL_S)
    _print_line(ready, "endpoint", f"http://{HOST}:{port}")


def _print_line(ready: TextIO, name: str, text: str) -> None:
    """Print a JSON line for the process that started this one; ignore a closed pipe."""
    with contextlib.suppress(OSError):
        print(json.dumps({name: text}), file=ready, flush=True)


def _bind_socket(port: int | None) -> socket.socket:
    """Return a listening socket on `port` or a free port. uvicorn gets the socket, so no program can take the port.

    Raises:
        PortTakenError: another program has `port`.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((HOST, port or 0))
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(f"Another program has port {port} of {HOST}: choose another one.") from None
        raise
    return listener


@contextlib.contextmanager
def _lock_folder(data: Path) -> Iterator[None]:
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def _call_at_end_of_stdin(then: Callable[[], object]) -> None:
    """Call `then` when standard input ends, which happens when the parent ends or is killed."""

    def read() -> None:
        # Not through sys.stdin: its lock, held by a daemon thread, is a fatal error when the interpreter ends.
        while os.read(0, 4096):
            pass
        then()

    threading.Thread(target=read, daemon=True).start()
