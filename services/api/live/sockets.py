"""Clients of `/ws`: each gets every message in order or is dropped; a slow one never delays another."""

import asyncio
import contextlib
from collections.abc import Coroutine
from dataclasses import dataclass, field

from fastapi import WebSocket, WebSocketDisconnect

BACKLOG = 8
"""Maximum number of messages that wait for a slow client; it is dropped beyond that."""

TRY_AGAIN_LATER = 1013
POLICY_VIOLATION = 1008

_CLOSE_PATIENCE_S = 10.0
"""Time for a client to read what is in the buffers before the close with its reason; afterwards it is cut off."""


@dataclass(eq=False)
class _Client:
    waiting: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(BACKLOG))
    dropped: asyncio.Event = field(default_factory=asyncio.Event)


class Sockets:
    def __init__(self, most: int) -> None:
        self._most = most
        self._clients: set[_Client] = set()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._clients)

    @property
    def is_full(self) -> bool:
        return len(self._clients) >= self._most

    def broadcast(self, message: str) -> None:
        """Queue a message for all clients, without waiting."""
        for client in self._clients:
            try:
                client.waiting.put_nowait(message)
            except asyncio.QueueFull:
                if not client.dropped.is_set():
                    self.dropped += 1
                client.dropped.set()

    async def serve(self, websocket: WebSocket, first: str, *, refused: Coroutine[None, None, None]) -> None:
        """Serve an accepted connection until one side closes it, or `refused` returns because its session has ended.

        `first` is the first message.
        """
        client = _Client()
        client.waiting.put_nowait(first)
        self._clients.add(client)
        refusal = asyncio.create_task(refused)
        tasks = [
            refusal,
            asyncio.create_task(_send_messages(websocket, client)),
            asyncio.create_task(_wait_for_disconnect(websocket)),
            asyncio.create_task(client.dropped.wait()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._clients.discard(client)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if client.dropped.is_set():
            await _close_socket(websocket, TRY_AGAIN_LATER, "too slow")
        elif refusal.done() and not refusal.cancelled():
            await _close_socket(websocket, POLICY_VIOLATION, "the login has ended")


async def _close_socket(websocket: WebSocket, code: int, reason: str) -> None:
    with contextlib.suppress(Exception):
        await asyncio.wait_for(websocket.close(code, reason), _CLOSE_PATIENCE_S)


async def _send_messages(websocket: WebSocket, client: _Client) -> None:
    while True:
        await websocket.send_text(await client.waiting.get())


async def _wait_for_disconnect(websocket: WebSocket) -> None:
    """Wait until the client has gone; ignore its messages."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
