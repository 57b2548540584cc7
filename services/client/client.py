"""Client of the api, in a sync and an async form.

    with Client("https://thumbnail.example.com", token=token) as client:
        video = client.wait_until_done(client.upload(Path("harbour.mp4")))
        print(video.state, [thumbnail.stable_url for thumbnail in video.thumbnails])

`AsyncClient` has the same methods as coroutines. `Client` runs the same coroutines with functions that block, so that
they never wait and each ends at once. Every failure is a PipelineError.
"""

import asyncio
import io
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import suppress
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


class _CountedFile(io.FileIO):
    def __init__(self, file: Path, sent: Callable[[int], None]) -> None:
        super().__init__(file, "rb")
        self._sent = sent

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size) or b""
        self._sent(len(data))
        return data


def _check_answer(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    if "problem+json" in answer.headers.get("Content-Type", ""):
        raise PipelineError(answer.json())
    detail = f"{answer.request.url.host} has answered {answer.status_code} {answer.reason_phrase}."
    raise PipelineError({"title": answer.reason_phrase, "status": answer.status_code, "detail": detail})


class _Operations:
    """Operations of both clients, written once: `request` and `pause` do all of their waiting."""

    def __init__(
        self,
        url: str,
        token: str | None,
        request: Callable[..., Awaitable[httpx.Response]],
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        self.url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._request = request
        self._pause = pause

    async def _send(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Send a request to a path of the api, or to an address of the storage, which gets no token."""
        address, headers = (self.url + url, self._headers) if url.startswith("/") else (url, {})
        try:
            answer = await self._request(method, address, headers=headers, **options)
        except httpx.TransportError as error:
            detail = f"No answer: {str(error) or type(error).__name__}"
            raise PipelineError({"title": "No answer", "detail": detail}) from error
        _check_answer(answer)
        return answer

    async def ask(self, /, method: str, path: str, **options: Any) -> Any:
        """Send a request to a path of the api, and return the JSON of its answer."""
        answer = await self._send(method, path, **options)
        return answer.json() if answer.content else None

    async def get(self, key: str) -> Video:
        """Return a video. The error has the status 404 until a worker has received the video."""
        return Video.from_answer(await self.ask("GET", video_path(key)), self.url)

    async def wait_until_done(self, key: str, *, after: datetime | None = None, timeout_s: float = 600) -> Video:
        """Wait until a video is done, degraded or failed, and return it.

        With `after`, the `updated_at` of before a retry, wait for a later result.
        """
        until, pause_s = time.monotonic() + timeout_s, 0.3
        while True:
            try:
                video = await self.get(key)
                if video.state != "processing" and (after is None or video.updated_at > after):
                    return video
            except PipelineError as error:
                if error.status not in _PASSING:
                    raise
            if time.monotonic() + pause_s > until:
                raise PipelineError({"title": "Timeout", "detail": f"{key} has no result after {timeout_s:.0f} s."})
            await self._pause(pause_s)
            pause_s = min(_MAX_PAUSE_S, 1.5 * pause_s)

    async def upload(
        self, file: Path, name: str = "", *, overwrite: bool = False, sent: Callable[[int], None] = lambda _: None
    ) -> str:
        """Upload a video, a large one in parts, and return its key. `sent` is called with each number of bytes."""
        with _CountedFile(file, sent) as opened:
            size_bytes = os.fstat(opened.fileno()).st_size
            asked = {"name": name or file.name, "size_bytes": size_bytes, "overwrite": overwrite}
            ticket = await self.ask("POST", "/api/uploads", json=asked)
            if ticket["kind"] == "parts":
                await self._upload_parts(opened, ticket)
            else:
                files = {"file": (file.name, opened, ticket["content_type"])}
                await self._send("POST", ticket["url"], data=ticket["fields"], files=files)
        return str(ticket["key"])

    async def _upload_parts(self, opened: io.FileIO, ticket: Mapping[str, Any]) -> None:
        reference, parts = {name: ticket[name] for name in ("key", "upload_id")}, []
        try:
            for number in range(1, ticket["part_count"] + 1):
                signed = await self.ask("POST", "/api/uploads/part-urls", json={**reference, "numbers": [number]})
                content = opened.read(ticket["part_size_bytes"])
                answer = await self._send("PUT", signed["parts"][0]["url"], content=content)
                parts.append({"number": number, "etag": answer.headers["ETag"]})
            await self.ask("POST", "/api/uploads/complete", json={**reference, "parts": parts})
        except PipelineError:
            # Otherwise the parts would stay in the bucket.
            with suppress(PipelineError):
                await self.ask("POST", "/api/uploads/abort", json=reference)
            raise

    async def retry(self, key: str) -> None:
        """Queue a failed video again."""
        await self.ask("POST", video_path(key) + "/retry")

    async def regenerate(self, key: str, *, options: Mapping[str, Any] | None = None) -> None:
        """Queue a video for new thumbnails. A failed video is retried, a deleted one restored.

        `options` such as `{"positions_pct": [5, 50], "format": "webp"}` replace settings of the workers for this video.
        """
        await self.ask("POST", video_path(key) + "/regenerations", json=dict(options or {}))

    async def set_poster(self, key: str, *, time_s: float | None = None, candidate: int | None = None) -> None:
        """Pin the poster to the frame at a time, or to a candidate by its number; without both, it is chosen again."""
        if time_s is None and candidate is None:
            choice = None
        else:
            choice = {"time_s": time_s} if candidate is None else {"candidate": candidate}
        await self.ask("PATCH", video_path(key), json={"poster": choice})

    async def restore(self, key: str) -> None:
        """Undo a deletion, if the bucket still has the upload or keeps its versions."""
        await self.ask("POST", video_path(key) + "/restoration")

    async def dismiss(self, key: str) -> None:
        """Mark the failure of a video as seen."""
        await self.ask("POST", video_path(key) + "/dismissal")

    async def delete(self, key: str, *, upload: bool = False) -> None:
        """Delete the record and the thumbnails of a video; with `upload`, also the video itself."""
        await self.ask("DELETE", video_path(key), params={"upload": "true"} if upload else {})

    async def sign_frames(
        self, /, key: str, times_s: Iterable[float], *, lifetime_s: int | None = None, **options: Any
    ) -> list[str]:
        """Return signed URLs of the frames that players show at these times, 500 at most; they need no login.

        `options` hold for all of them: `width_px`, `height_px`, `format`, `quality`; `form` and more for several
        frames.
        """
        wanted = {"frames": [{"time_s": time_s, **options} for time_s in times_s], "lifetime_s": lifetime_s}
        signed = await self.ask("POST", video_path(key) + "/frame-urls", json=wanted)
        return [urljoin(self.url, one["url"]) for one in signed["items"]]

    async def get_frame(self, /, key: str, time_s: float, **options: Any) -> bytes:
        """Return the frame that players show at a time, as an encoded picture; `options` as of `sign_frames`."""
        [address] = await self.sign_frames(key, [time_s], lifetime_s=_FRAME_LIFETIME_S, **options)
        return (await self._send("GET", address)).content

    async def list(self, *, state: str | None = None, search: str | None = None) -> AsyncIterator[Video]:
        """Yield the videos, the newest first."""
        query = {"state": state, "q": search, "limit": str(PAGE_SIZE)}
        while True:
            page = await self.ask("GET", "/api/videos", params={name: value for name, value in query.items() if value})
            for data in page["items"]:
                yield Video.from_answer(data, self.url)
            if page["next_cursor"] is None:
                return
            query["cursor"] = page["next_cursor"]


class AsyncClient(_Operations):
    def __init__(self, url: str, token: str | None = None, *, http: httpx.AsyncClient | None = None) -> None:
        self._http = http or httpx.AsyncClient(timeout=TIMEOUT)
        super().__init__(url, token, self._http.request, asyncio.sleep)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()


def _as_coroutine(function: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    async def call(*arguments: P.args, **options: P.kwargs) -> T:
        return function(*arguments, **options)

    return call


def _finish(coroutine: Awaitable[T]) -> T:
    """Return the result of a coroutine that waits for nothing but functions which block."""
    try:
        next(coroutine.__await__())
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    raise AssertionError("The coroutine waits for something else.")


def _sync(
    operation: Callable[Concatenate[_Operations, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate["Client", P], T]:
    @wraps(operation)
    def run(self: "Client", /, *arguments: P.args, **options: P.kwargs) -> T:
        return _finish(operation(self._operations, *arguments, **options))

    return run


class Client:
    def __init__(self, url: str, token: str | None = None, *, http: httpx.Client | None = None) -> None:
        self._http = http or httpx.Client(timeout=TIMEOUT)
        self._operations = _Operations(url, token, _as_coroutine(self._http.request), _as_coroutine(time.sleep))
        self.url = self._operations.url

    upload, get, wait_until_done = _sync(_Operations.upload), _sync(_Operations.get), _sync(_Operations.wait_until_done)
    retry, regenerate, restore = _sync(_Operations.retry), _sync(_Operations.regenerate), _sync(_Operations.restore)
    set_poster = _sync(_Operations.set_poster)
    dismiss, delete, ask = _sync(_Operations.dismiss), _sync(_Operations.delete), _sync(_Operations.ask)
    sign_frames, get_frame = _sync(_Operations.sign_frames), _sync(_Operations.get_frame)

    def list(self, *, state: str | None = None, search: str | None = None) -> Iterator[Video]:
        """Yield the videos, the newest first."""
        videos = self._operations.list(state=state, search=search)
        while (video := _finish(anext(videos, None))) is not None:
            yield video

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()
