"""The ASGI layer around ministack: it refuses what may not come in, and knows what runs and what may have changed."""

import asyncio
from typing import Any, Final

from services.local.embedded_aws.access import Answer, Caller

# ministack and uvicorn type these differently, or not at all.
Scope = Any
Receive = Any
Send = Any

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_READS: Final = ("Get", "List", "Describe", "Query", "Scan", "BatchGet", "TransactGet")
_NOTHING_RECEIVED: Final = len(b"{}")


class Gateway:
    """ASGI application.

    `changed` turns true after a request that may have changed what `state.py` saves: the worker's long polls and
    the api's looks at the queue, which an idle demo consists of, do not.
    """

    def __init__(self, app: Any) -> None:
        self.changed = False
        self._app = app
        self._running: set[asyncio.Task[Any]] = set()
        self._closed = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._closed:
            await _send_answer(send, (503, {}, b""))
            return
        caller = Caller(scope)
        if answer := caller.answer():
            await _send_answer(send, answer)
            return
        action = _action(scope)
        sent_bytes = 0

        async def count(message: Any) -> None:
            nonlocal sent_bytes
            sent_bytes += len(message.get("body", b""))
            if message["type"] == "http.response.start":
                message = {**message, "headers": caller.headers(list(message.get("headers", [])))}
            await send(message)

        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - for the type checker: this is a coroutine
        self._running.add(task)
        try:
            await self._app(scope, receive, count)
        finally:
            self._running.discard(task)
            # Only now: a state that is saved before the change must not count as saved after it.
            if scope["method"] not in _SAFE_METHODS and not action.startswith(_READS):
                self.changed |= action != "ReceiveMessage" or sent_bytes > _NOTHING_RECEIVED

    async def close(self, grace_s: float) -> None:
        """Refuse new requests and end those that still run after `grace_s`, above all the long polls."""
        self._closed = True
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=grace_s)
            for task in late:
                task.cancel()


async def _send_answer(send: Send, answer: Answer) -> None:
    status, headers, body = answer
    sent = {**headers, "Content-Length": str(len(body))}
    fields = [(name.lower().encode(), value.encode()) for name, value in sent.items()]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})


def _action(scope: Scope) -> str:
    """The operation of an SQS or DynamoDB request, such as `SendMessage`; empty for S3."""
    for name, value in scope["headers"]:
        if name == b"x-amz-target":
            return str(value.decode("latin-1").rpartition(".")[2])
    return ""
