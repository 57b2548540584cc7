"""Steady load on a local pipeline: uploads, purges, frames on demand, and visitors of the dashboard."""

import contextlib
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import httpx
from botocore.exceptions import BotoCoreError, ClientError
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from services.local.pipeline import LocalPipeline
from tests.faults.clips import BAD, GOOD, ClipFolder
from tests.support.driver import eventually

_NAMES = 30
"""Number of keys, each uploaded again and again: the pipeline never holds more videos."""

_UPLOAD_EVERY_S = 1.0
_PURGE_EVERY_S = 45.0
"""The embedded AWS keeps each version of an object until a purge."""

_POLL_EVERY_S = 2.0
_FRAME_EVERY_S = 2.0
_SOCKET_LASTS_S = 20.0
_ANSWERS = ("/api/state", "/api/videos?limit=48", "/api/thumbnails?limit=48", "/api/dead-letters", "/api/config")
_PAGES = ("/", "/videos", "/failures", "/history", "/settings")


def name_error(error: Exception) -> str:
    """Return a short name, the same for errors of one cause: the status and the path of an answer, or AWS' code."""
    if isinstance(error, httpx.HTTPStatusError):
        return f"{error.response.status_code} of {error.request.method} {error.request.url.path}"
    if isinstance(error, ClientError):
        return f"{error.response['Error']['Code']} of {error.operation_name}"
    return type(error).__name__


class Load:
    """Threads that use the pipeline until the context ends. `counts` has their actions and errors."""

    def __init__(self, pipeline: LocalPipeline, clips: ClipFolder) -> None:
        self.counts: Counter[str] = Counter()
        self._pipeline = pipeline
        self._clips = clips
        self._stopping = threading.Event()
        token = Path(pipeline.endpoints.token_file).read_text(encoding="ascii").strip()
        self._headers = {"Authorization": f"Bearer {token}"}
        # As browsers do: the dashboard passes requests on to the api and to the frames service.
        self._address = pipeline.endpoints.dashboard or pipeline.endpoints.api
        loops = [self._upload, self._purge, self._browse, self._listen]
        if pipeline.endpoints.frames:
            loops.append(self._view_frames)
        self._threads = [threading.Thread(target=self._run, args=(loop,), daemon=True) for loop in loops]

    def __enter__(self) -> Self:
        # The api takes seconds to start: connections that it refuses until then are no errors.
        eventually(self._is_up, "the api")
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _is_up(self) -> bool:
        try:
            return httpx.get(f"{self._pipeline.endpoints.api}/health", trust_env=False).is_success
        except httpx.HTTPError:
            return False

    def _run(self, loop: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            try:
                loop()
            except (BotoCoreError, ClientError, httpx.HTTPError, WebSocketException, OSError, TimeoutError) as error:
                self.counts[f"error {name_error(error)}"] += 1
                self._stopping.wait(1)

    def _upload(self) -> None:
        s3, bucket = self._pipeline.clients.s3, self._pipeline.endpoints.bucket
        kinds = (*GOOD, *GOOD, *BAD)
        for number in itertools.count(1):
            kind = kinds[number % len(kinds)]
            key = f"uploads/soak/{number % _NAMES}.mp4"
            # A few numbers are enough, as clips are made once: a key gets another content each time.
            s3.put_object(Bucket=bucket, Key=key, Body=self._clips.clip(kind, number % 4 + 1))
            self.counts["uploads"] += 1
            if self._stopping.wait(_UPLOAD_EVERY_S):
                return

    def _purge(self) -> None:
        with self._open_client() as client:
            while not self._stopping.wait(_PURGE_EVERY_S):
                preview = self._get(client, "/api/purge")
                client.delete("/api/purge", params={"confirmation": preview["confirmation"]}).raise_for_status()
                self.counts["purges"] += 1

    def _browse(self) -> None:
        with self._open_client() as client:
            while not self._stopping.wait(_POLL_EVERY_S):
                for path in _ANSWERS:
                    self._get(client, path)
                self.counts["answers"] += len(_ANSWERS)
                for page in _PAGES if self._pipeline.endpoints.dashboard else ():
                    client.get(page).raise_for_status()
                    self.counts["pages"] += 1

    def _view_frames(self) -> None:
        with self._open_client() as client, httpx.Client(timeout=60, trust_env=False) as visitor:
            for number in itertools.count():
                for video in self._get(client, "/api/videos?limit=1&state=done")["items"]:
                    # Each time another frame: some are in the cache, others are extracted.
                    wanted = {"frames": [{"time_s": number % 8 / 8, "width_px": 320}]}
                    signed = client.post(f"/api/videos/{video['id']}/frame-urls", json=wanted)
                    frame = (
                        visitor.get(self._address + signed.json()["items"][0]["url"]) if signed.is_success else signed
                    )
                    # A purge can have deleted the video.
                    if frame.status_code != httpx.codes.NOT_FOUND:
                        frame.raise_for_status()
                        self.counts["frames"] += 1
                if self._stopping.wait(_FRAME_EVERY_S):
                    return

    def _listen(self) -> None:
        """Open a WebSocket for some seconds, as a visitor does, and another one after it."""
        url = f"{self._address.replace('http', 'ws')}/ws"
        with connect(url, additional_headers=self._headers, proxy=None) as connection:
            until = time.monotonic() + _SOCKET_LASTS_S
            while time.monotonic() < until and not self._stopping.is_set():
                with contextlib.suppress(TimeoutError):
                    json.loads(connection.recv(timeout=1))
                    self.counts["messages"] += 1
        self.counts["sockets"] += 1

    def _open_client(self) -> httpx.Client:
        return httpx.Client(base_url=self._address, headers=self._headers, timeout=60, trust_env=False)

    def _get(self, client: httpx.Client, path: str) -> Any:
        answer = client.get(path)
        answer.raise_for_status()
        return answer.json()
