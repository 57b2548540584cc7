"""Proxy of S3 that holds each request back for a while, as a distant S3 would.

It passes bytes on as they come, so a download of a film streams; the proxy of the fault runs (`tests/faults/proxy.py`)
holds whole bodies to change them.
"""

import asyncio
import contextlib
import threading
from concurrent.futures import Future
from typing import Final, Self
from urllib.parse import urlsplit

_CHUNK_BYTES: Final = 256 * 1024
_METHODS: Final = (b"GET ", b"HEAD ", b"PUT ", b"POST ", b"DELETE ")


class DelayProxy:
    """Server on 127.0.0.1 in a thread of its own. `delay_s` applies to each request that begins afterwards."""

    def __init__(self, target: str) -> None:
        self.delay_s = 0.0
        self.requests = 0
        """Number of requests that were held back."""
        self._target = urlsplit(target)
        self._loop = asyncio.new_event_loop()
        self._port: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, name="delay", daemon=True)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._port.result()}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._port.result()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024))
        self._port.set_result(server.sockets[0].getsockname()[1])
        self._loop.run_forever()
        server.close()
        if tasks := asyncio.all_tasks(self._loop):
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.wait(tasks))
        self._loop.close()

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            assert self._target.port is not None  # noqa: S101 - for the type checker
            server, to_server = await asyncio.open_connection(self._target.hostname, self._target.port)
            try:
                await asyncio.gather(self._pass_requests(client, to_server), _pass_on(server, to_client))
            finally:
                to_server.close()
                to_client.close()

    async def _pass_requests(self, client: asyncio.StreamReader, to_server: asyncio.StreamWriter) -> None:
        while chunk := await client.read(_CHUNK_BYTES):
            # A client sends no request before it has the answer to the one before.
            if chunk.startswith(_METHODS):
                self.requests += 1
                await asyncio.sleep(self.delay_s)
            to_server.write(chunk)
            await to_server.drain()
        to_server.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK_BYTES):
        writer.write(chunk)
        await writer.drain()
    writer.close()
