"""Proxy of S3 that holds each request back for a while, as a distant S3 would.

It passes bytes on as they come, so a download of a film streams; the proxy of the fault runs (`tests/faults/proxy.py`)
holds whole bodies to change them.
"""

import asyncio
import contextlib
from typing import Final

from tests.support.tcp_gate import TcpServer

_CHUNK_BYTES: Final = 256 * 1024
_METHODS: Final = (b"GET ", b"HEAD ", b"PUT ", b"POST ", b"DELETE ")


class DelayProxy(TcpServer):
    """Proxy whose `delay_s` applies to each request that begins afterwards."""

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self.delay_s = 0.0
        self.requests = 0
        """Number of requests that were held back."""

    async def serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            assert self.target.port is not None  # noqa: S101 - for the type checker
            server, to_server = await asyncio.open_connection(self.target.hostname, self.target.port)
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
