"""Transfer of bodies between ASGI messages and files, in blocks of 1 MiB that threads read and write."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from services.local.embedded_aws.bodies import BLOCK_BYTES, FileBody, finish_file

_DIRECT_BYTES = 512 * 1024
"""Upper limit on a body that is read on the event loop, as most ranges of a worker. A thread would cost more than the
read, which takes 0.1 ms if the kernel has cached the file."""


class ClientGoneError(ConnectionError):
    """The client closed the connection in the middle of its request."""


async def receive_file(receive: Any, path: Path, consume: Callable[[bytes], object]) -> None:
    """Write the body of a request to a new file; `consume` gets each block of it, in order, in the same thread.

    Raises:
        ClientGoneError: the client did not send all of it.
        OSError: the disk is full, for example.
    """
    with path.open("xb") as file:

        def write(pieces: Sequence[bytes]) -> None:
            # One block: each write and each digest gives up the interpreter lock, and must get it back.
            block = b"".join(pieces)
            file.write(block)
            consume(block)

        pieces: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            pieces.append(message.get("body", b""))
            size += len(pieces[-1])
            more = message.get("more_body", False)
            if size >= BLOCK_BYTES or not more:
                await asyncio.to_thread(write, pieces)
                pieces, size = [], 0
        await asyncio.to_thread(finish_file, file)


def make_file_sender(body: FileBody) -> Callable[[Any, Any], Awaitable[None]]:
    """Return a function that sends `body` in a response until the client disconnects; the server itself would go on.

    The file is opened here, because the object may be replaced before it is sent.
    """
    file = body.open()

    async def send_file(send: Any, receive: Any) -> None:
        if len(body) <= _DIRECT_BYTES:
            with file:
                await send({"type": "http.response.body", "body": file.read(len(body))})
            return
        gone = asyncio.ensure_future(_wait_for_disconnect(receive))
        remaining = len(body)
        try:
            with file:
                while remaining and not gone.done():
                    block = await asyncio.to_thread(file.read, min(BLOCK_BYTES, remaining))
                    if not block:
                        return
                    remaining -= len(block)
                    await send({"type": "http.response.body", "body": block, "more_body": remaining > 0})
        finally:
            gone.cancel()

    return send_file


async def _wait_for_disconnect(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
