"""ASGI layer around ministack: refuses requests, and tracks running requests and possible changes of the state."""

import asyncio
from email.utils import formatdate
from typing import Any, Final

from services.local.embedded_aws.access import Answer, RequestOrigin
from services.local.embedded_aws.disk import Disk, make_refusal

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

    `changed` becomes true after a request that may have changed the state that `state.py` saves; the worker's empty
    polls and the api's reads of the queue, the only requests of an idle demo, do not. While `is_read_only` is true it
    refuses such requests, because their changes could not be saved. Objects can still be deleted, which frees space.
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
        origin = RequestOrigin(scope)
        if answer := origin.early_answer():
            await _send_answer(send, answer)
            return
        body = _Body(receive)
        action = _read_action(scope)
        is_write = scope["method"] not in _SAFE_METHODS and not action.startswith(_READS)
        if self.is_read_only and is_write and not _deletes_objects(scope, action):
            await body.skip()
            await _send_answer(send, make_refusal(action))
            return
        sent_bytes = 0

        async def count_bytes(message: Any) -> None:
            nonlocal sent_bytes
            sent_bytes += len(message.get("body", b""))
            if message["type"] == "http.response.start":
                message = {**message, "headers": origin.filter_headers(list(message.get("headers", [])))}
            await send(message)

        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - for the type checker: this is a coroutine
        self._running.add(task)
        try:
            await self._app(scope, body.receive, count_bytes)
        except ConnectionError:
            raise
        except OSError as error:  # the body does not fit on the disk; no handler has run
            self._disk.report_failure(error)
            await body.skip()
            await _send_answer(count_bytes, make_refusal(action))
        finally:
            self._running.discard(task)
            # Set last, because a state that is saved before the change does not contain it.
            if is_write:
                self.changed |= action != "ReceiveMessage" or sent_bytes > _NOTHING_RECEIVED

    async def close(self, grace_s: float) -> None:
        """Refuse new requests, and cancel those that still run after `grace_s` seconds, such as long polls."""
        self._closed = True
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=grace_s)
            for task in late:
                task.cancel()


class _Body:
    """Body of a request whose rest can be skipped: a client reads the answer only after it has sent everything."""

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
    # The body of the request may be unread, so the next bytes on the connection may not be a request.
    sent = {**headers, "Content-Length": str(len(body)), "Connection": "close", "Date": formatdate(usegmt=True)}
    fields = [(name.lower().encode(), value.encode()) for name, value in sent.items()]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})


def _deletes_objects(scope: Scope, action: str) -> bool:
    if action:
        return False
    query: bytes = scope.get("query_string", b"")
    return bool(scope["method"] == "DELETE" or query.split(b"=")[0] == b"delete")


def _read_action(scope: Scope) -> str:
    """Return the operation of an SQS or DynamoDB request, such as `SendMessage`, or an empty string for S3."""
    for name, value in scope["headers"]:
        if name == b"x-amz-target":
            return str(value.decode("latin-1").rpartition(".")[2])
    return ""
