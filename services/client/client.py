"""Client of the api, in a sync and an async form.

    with Client("https://thumbnail.example.com", token=token) as client:
        video = client.wait_until_done(client.upload(Path("harbour.mp4")))
        print(video.state, [thumbnail.stable_url for thumbnail in video.thumbnails])

`AsyncClient` has the same methods as coroutines. Both run the same steps: generators that yield requests or pauses, and
are sent the answers. Every failure is a PipelineError.
"""

import asyncio
import io
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Self, TypeVar
from urllib.parse import urljoin

import httpx

from services.client.models import PipelineError, Video, video_path

TIMEOUT = httpx.Timeout(60, connect=10)
_PASSING = {0, 404, 429, 502, 503, 504}
"""Statuses that a wait ignores: no answer, not received by a worker yet, too busy."""
_MAX_PAUSE_S = 5.0
_FRAME_LIFETIME_S = 600
PAGE_SIZE = 200

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class _Call:
    method: str
    url: str
    """Path of the api, or address of the storage, which gets no token."""
    options: Mapping[str, Any] = field(default_factory=dict)


_Step = Generator[_Call | float, Any, T]


class _CountedFile(io.FileIO):
    def __init__(self, file: Path, sent: Callable[[int], None]) -> None:
        super().__init__(file, "rb")
        self._sent = sent

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size) or b""
        self._sent(len(data))
        return data


def _ask(method: str, path: str, **options: Any) -> _Step[Any]:
    answer = _check_answer((yield _Call(method, path, options)))
    return answer.json() if answer.content else None


def _request(_: str, /, method: str, path: str, **options: Any) -> _Step[Any]:
    """Send a request to a path of the api, and return the JSON of its answer."""
    return (yield from _ask(method, path, **options))


def _check_answer(answer: httpx.Response | httpx.TransportError) -> httpx.Response:
    if isinstance(answer, httpx.TransportError):
        raise PipelineError({"title": "No answer", "detail": f"No answer: {str(answer) or type(answer).__name__}"})
    if answer.is_success:
        return answer
    if "problem+json" in answer.headers.get("Content-Type", ""):
        raise PipelineError(answer.json())
    detail = f"{answer.request.url.host} has answered {answer.status_code} {answer.reason_phrase}."
    raise PipelineError({"title": answer.reason_phrase, "status": answer.status_code, "detail": detail})


def _get(url: str, key: str) -> _Step[Video]:
    """Return a video. The error has the status 404 until a worker has received the video."""
    return Video.from_answer((yield from _ask("GET", video_path(key))), url)


def _list_page(
    url: str, state: str | None, search: str | None, cursor: str | None
) -> _Step[tuple[list[Video], str | None]]:
    query = {"state": state, "q": search, "cursor": cursor, "limit": str(PAGE_SIZE)}
    page = yield from _ask("GET", "/api/videos", params={name: value for name, value in query.items() if value})
    return [Video.from_answer(data, url) for data in page["items"]], page["next_cursor"]


def _wait(url: str, key: str, *, after: datetime | None = None, timeout_s: float = 600) -> _Step[Video]:
    """Wait until a video is done, degraded or failed, and return it.

    With `after`, the `updated_at` of before a retry, wait for a later result.
    """
    until, pause_s = time.monotonic() + timeout_s, 0.3
    while True:
        try:
            video = yield from _get(url, key)
            if video.state != "processing" and (after is None or video.updated_at > after):
                return video
        except PipelineError as error:
            if error.status not in _PASSING:
                raise
        if time.monotonic() + pause_s > until:
            raise PipelineError({"title": "Timeout", "detail": f"{key} has no result after {timeout_s:.0f} s."})
        yield pause_s
        pause_s = min(_MAX_PAUSE_S, 1.5 * pause_s)


def _upload(
    _: str,
    file: Path,
    name: str = "",
    *,
    overwrite: bool = False,
    sent: Callable[[int], None] = lambda _: None,
) -> _Step[str]:
    """Upload a video, a large one in parts, and return its key. `sent` is called with each number of bytes."""
    asked = {"name": name or file.name, "size_bytes": file.stat().st_size, "overwrite": overwrite}
    ticket = yield from _ask("POST", "/api/uploads", json=asked)
    with _CountedFile(file, sent) as opened:
        if ticket["kind"] == "parts":
            yield from _upload_parts(opened, ticket)
        else:
            form = {"data": ticket["fields"], "files": {"file": (file.name, opened, ticket["content_type"])}}
            _check_answer((yield _Call("POST", ticket["url"], form)))
    return str(ticket["key"])


def _upload_parts(opened: io.FileIO, ticket: Mapping[str, Any]) -> _Step[None]:
    reference, parts = {name: ticket[name] for name in ("key", "upload_id")}, []
    try:
        for number in range(1, ticket["part_count"] + 1):
            signed = yield from _ask("POST", "/api/uploads/part-urls", json={**reference, "numbers": [number]})
            content = {"content": opened.read(ticket["part_size_bytes"])}
            answer = _check_answer((yield _Call("PUT", signed["parts"][0]["url"], content)))
            parts.append({"number": number, "etag": answer.headers["ETag"]})
        yield from _ask("POST", "/api/uploads/complete", json={**reference, "parts": parts})
    except PipelineError:
        # Otherwise the parts would stay in the bucket.
        yield _Call("POST", "/api/uploads/abort", {"json": reference})
        raise


def _retry(_: str, key: str) -> _Step[None]:
    """Queue a failed video again."""
    yield from _ask("POST", video_path(key) + "/retry")


def _regenerate(_: str, key: str, *, options: Mapping[str, Any] | None = None) -> _Step[None]:
    """Queue a video for new thumbnails. A failed video is retried, a deleted one restored.

    `options` such as `{"positions_pct": [5, 50], "format": "webp"}` replace settings of the workers for this video.
    """
    yield from _ask("POST", video_path(key) + "/regenerations", json=dict(options or {}))


def _set_poster(_: str, key: str, *, time_s: float | None = None, candidate: int | None = None) -> _Step[None]:
    """Pin the poster to the frame at a time, or to a candidate by its number; without both, it is chosen again."""
    if time_s is None and candidate is None:
        choice = None
    else:
        choice = {"time_s": time_s} if candidate is None else {"candidate": candidate}
    yield from _ask("PATCH", video_path(key), json={"poster": choice})


def _restore(_: str, key: str) -> _Step[None]:
    """Undo a deletion, if the bucket still has the upload or keeps its versions."""
    yield from _ask("POST", video_path(key) + "/restoration")


def _dismiss(_: str, key: str) -> _Step[None]:
    """Mark the failure of a video as seen."""
    yield from _ask("POST", video_path(key) + "/dismissal")


def _delete(_: str, key: str, *, upload: bool = False) -> _Step[None]:
    """Delete the record and the thumbnails of a video; with `upload`, also the video itself."""
    yield from _ask("DELETE", video_path(key), params={"upload": "true"} if upload else {})


def _sign_frames(
    url: str, /, key: str, times_s: Iterable[float], *, lifetime_s: int | None = None, **options: Any
) -> _Step[list[str]]:
    """Return signed URLs of the frames that players show at these times, 500 at most; they need no login.

    `options` hold for all of them: `width_px`, `height_px`, `format`, `quality`; `form` and more for several frames.
    """
    wanted = {"frames": [{"time_s": time_s, **options} for time_s in times_s], "lifetime_s": lifetime_s}
    signed = yield from _ask("POST", video_path(key) + "/frame-urls", json=wanted)
    return [urljoin(url, one["url"]) for one in signed["items"]]


def _get_frame(url: str, /, key: str, time_s: float, **options: Any) -> _Step[bytes]:
    """Return the frame that players show at a time, as an encoded picture; `options` as of `sign_frames`."""
    [address] = yield from _sign_frames(url, key, [time_s], lifetime_s=_FRAME_LIFETIME_S, **options)
    return _check_answer((yield _Call("GET", address))).content


def _sync(make: Callable[Concatenate[str, P], _Step[T]]) -> Callable[Concatenate["Client", P], T]:
    @wraps(make)
    def run(self: "Client", /, *arguments: P.args, **options: P.kwargs) -> T:
        step, answer = make(self.url, *arguments, **options), None
        while True:
            try:
                wanted = step.send(answer)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            answer = self._take(wanted)

    return run


def _async(make: Callable[Concatenate[str, P], _Step[T]]) -> Callable[Concatenate["AsyncClient", P], Awaitable[T]]:
    @wraps(make)
    async def run(self: "AsyncClient", /, *arguments: P.args, **options: P.kwargs) -> T:
        step, answer = make(self.url, *arguments, **options), None
        while True:
            try:
                wanted = step.send(answer)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            answer = await self._take(wanted)

    return run


class _Connection:
    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def _address(self, call: _Call) -> dict[str, Any]:
        if call.url.startswith("/"):
            return {"url": self.url + call.url, "headers": self._headers}
        return {"url": call.url}


class Client(_Connection):
    def __init__(self, url: str, token: str | None = None, *, http: httpx.Client | None = None) -> None:
        super().__init__(url, token)
        self._http = http or httpx.Client(timeout=TIMEOUT)

    upload, get, wait_until_done = _sync(_upload), _sync(_get), _sync(_wait)
    retry, regenerate, restore = _sync(_retry), _sync(_regenerate), _sync(_restore)
    set_poster = _sync(_set_poster)
    dismiss, delete, _list_page = _sync(_dismiss), _sync(_delete), _sync(_list_page)
    sign_frames, get_frame = _sync(_sign_frames), _sync(_get_frame)
    ask = _sync(_request)

    def list(self, *, state: str | None = None, search: str | None = None) -> Iterator[Video]:
        """Yield the videos, the newest first."""
        cursor = None
        while True:
            videos, cursor = self._list_page(state, search, cursor)
            yield from videos
            if cursor is None:
                return

    def _take(self, wanted: _Call | float) -> Any:
        if not isinstance(wanted, _Call):
            return time.sleep(wanted)
        try:
            return self._http.request(wanted.method, **self._address(wanted), **wanted.options)
        except httpx.TransportError as error:
            return error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()


class AsyncClient(_Connection):
    def __init__(self, url: str, token: str | None = None, *, http: httpx.AsyncClient | None = None) -> None:
        super().__init__(url, token)
        self._http = http or httpx.AsyncClient(timeout=TIMEOUT)

    upload, get, wait_until_done = _async(_upload), _async(_get), _async(_wait)
    retry, regenerate, restore = _async(_retry), _async(_regenerate), _async(_restore)
    set_poster = _async(_set_poster)
    dismiss, delete, _list_page = _async(_dismiss), _async(_delete), _async(_list_page)
    sign_frames, get_frame = _async(_sign_frames), _async(_get_frame)
    ask = _async(_request)

    async def list(self, *, state: str | None = None, search: str | None = None) -> AsyncIterator[Video]:
        """Yield the videos, the newest first."""
        cursor = None
        while True:
            videos, cursor = await self._list_page(state, search, cursor)
            for video in videos:
                yield video
            if cursor is None:
                return

    async def _take(self, wanted: _Call | float) -> Any:
        if not isinstance(wanted, _Call):
            return await asyncio.sleep(wanted)
        try:
            return await self._http.request(wanted.method, **self._address(wanted), **wanted.options)
        except httpx.TransportError as error:
            return error

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
