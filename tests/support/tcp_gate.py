"""TCP proxies of AWS. The gate can hang, reset connections or answer 503, and then work again."""

import asyncio
import contextlib
import socket
import struct
import threading
from abc import ABC, abstractmethod
from concurrent.futures import Future
from enum import Enum
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_CHUNK_BYTES = 64 * 1024
_UNAVAILABLE = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
    b"Connection: close\r\n\r\n{}"
)
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Mode(Enum):
    OPEN = "bytes pass"
    HANGING = "requests are accepted and never answered, not even later"
    RESETTING = "requests reset their connection"
    UNAVAILABLE = "requests are answered with 503"


class TcpServer(ABC):
    """Server on 127.0.0.1 in a thread of its own, in front of an endpoint. Each connection is served by `serve`."""

    def __init__(self, endpoint: str) -> None:
        self.target = urlsplit(endpoint)
        self._loop = asyncio.new_event_loop()
        self._port: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, name=type(self).__name__, daemon=True)

    @abstractmethod
    async def serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends."""

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._port.result()}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._port.result()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=1024))
        self._port.set_result(server.sockets[0].getsockname()[1])
        self._loop.run_forever()
        server.close()
        if tasks := asyncio.all_tasks(self._loop):
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.wait(tasks))
        self._loop.close()


class TcpGate(TcpServer):
    """Server that forwards bytes to an endpoint. Its mode applies to requests that contain `only`."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        self.mode = Mode.OPEN
        self.only = b""
        self.stopped = 0
        """Number of requests that were not forwarded."""

    async def serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        upstream: asyncio.StreamWriter | None = None
        answers: asyncio.Task[None] | None = None
        try:
            while data := await client.read(_CHUNK_BYTES):
                mode = self.mode if self.only in data else Mode.OPEN
                if mode is not Mode.OPEN:
                    self.stopped += 1
                    await _stop(mode, client, to_client)
                    return
                if upstream is None:
                    from_aws, upstream = await asyncio.open_connection(self.target.hostname, self.target.port)
                    answers = asyncio.create_task(_pass_on(from_aws, to_client))
                upstream.write(data)
        except OSError:
            return
        finally:
            if answers is not None:
                answers.cancel()
            for one in (to_client, upstream):
                if one is not None:
                    one.close()


async def _stop(mode: Mode, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    if mode is Mode.HANGING:
        # Until the client gives up.
        while await reader.read(_CHUNK_BYTES):
            pass
    elif mode is Mode.RESETTING:
        connection: socket.socket = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    else:
        writer.write(_UNAVAILABLE)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK_BYTES):
            writer.write(data)
        writer.close()
