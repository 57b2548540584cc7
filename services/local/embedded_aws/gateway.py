"""The ASGI layer around ministack: it refuses what may not come in, and knows what runs and what may have changed."""

import asyncio
from email.utils import formatdate
from typing import Any, Final

from services.local.embedded_aws.access import Answer, Caller
from services.local.embedded_aws.disk import Disk, refusal

# ministack and uvicorn type these differently, or not at all.
Scope = Any
Receive = Any
Send = Any

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_READS: Final = ("Get", "List", "Describe", "Query", "Scan", "BatchGet", "TransactGet")
_NOTHING_RECEIVED: Final = len(b"{}")
_CLOSING: Final[Answer] = (503, {}, b"")


class Gateway:
    """ASGI application.

    `changed` turns true after a request that may have changed what `state.py` saves: the worker's long polls and
    the api's looks at the queue, which an idle demo consists of, do not. While `is_read_only` it refuses such requests:
    what it acknowledged could not be saved. Objects can be deleted all the same, as that makes room.
    """

    def __init__(self, app: Any, disk: Disk) -> None:
        self.changed = False
        self.is_read_only = False
        self._disk = disk
        self._app = app
        self._running: set[asyncio.Task[Any]] = set()
        self._closed = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._closed:
            await _send_answer(send, _CLOSING)
            return
        caller = Caller(scope)
        if answer := caller.answer():
            await _send_answer(send, answer)
            return
        body = _Body(receive)
        action = _action(scope)
        is_write = scope["method"] not in _SAFE_METHODS and not action.startswith(_READS)
        if self.is_read_only and is_write and not _deletes_objects(scope, action):
            await body.skip()
            await _send_answer(send, refusal(action))
            return
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
            await self._app(scope, body.receive, count)
        except ConnectionError:
            raise
        except OSError as error:  # a body that does not fit on the disk, before any handler has seen it
            self._disk.failed(error)
            await body.skip()
            await _send_answer(count, refusal(action))
        finally:
            self._running.discard(task)
            # Only now: a state that is saved before the change must not count as saved after it.
            if is_write:
                self.changed |= action != "ReceiveMessage" or sent_bytes > _NOTHING_RECEIVED

    async def close(self, grace_s: float) -> None:
        """Refuse new requests and end those that still run after `grace_s`, above all the long polls."""
        self._closed = True
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=grace_s)
            for task in late:
                task.cancel()


class _Body:
    """The body of a request, of which the rest can be skipped: a client that is still sending hears no answer."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._has_ended = False

    async def receive(self) -> Any:
        message = await self._receive()
        self._has_ended = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    async def skip(self) -> None:
        while not self._has_ended:
            await self.receive()


async def _send_answer(send: Send, answer: Answer) -> None:
    status, headers, body = answer
    # The body of the request may be unread: what comes next on the connection is no request.
    sent = {**headers, "Content-Length": str(len(body)), "Connection": "close", "Date": formatdate(usegmt=True)}
    fields = [(name.lower().encode(), value.encode()) for name, value in sent.items()]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})


def _deletes_objects(scope: Scope, action: str) -> bool:
    if action:
        return False
    query: bytes = scope.get("query_string", b"")
    return bool(scope["method"] == "DELETE" or query.split(b"=")[0] == b"delete")


def _action(scope: Scope) -> str:
    """The operation of an SQS or DynamoDB request, such as `SendMessage`; empty for S3."""
    for name, value in scope["headers"]:
        if name == b"x-amz-target":
            return str(value.decode("latin-1").rpartition(".")[2])
    return ""
