"""Time from a pin until the new poster can be read, on a pipeline of this machine: `./noxw bench poster --pins N`."""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.extraction.videos import BenchmarkVideo, make_video
from services.client import Client
from services.local.pipeline import LocalPipeline, run_pipeline

FILM = BenchmarkVideo("pin", "h264-4m", "mp4", 60)
"""1080p, 60 s, a keyframe every 2 s."""
OUTPUTS: Mapping[str, Mapping[str, str]] = {
    "thumbnails, poster": {"THUMBNAIL_POSTER": "true"},
    "thumbnails, poster, storyboard": {"THUMBNAIL_POSTER": "true", "THUMBNAIL_STORYBOARD": "true"},
}
_POLL_S = 0.01
_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Pin:
    """Seconds after the PATCH began."""

    accepted_s: float
    stored_s: float
    """A GET of the poster's presigned URL has the new picture."""
    listed_s: float
    """The api lists the video as done, with the pinned time."""


def measure_pins(count: int) -> dict[str, list[Pin]]:
    """Return the times of `count` pins to different frames, for each set of outputs."""
    with tempfile.TemporaryDirectory() as folder:
        film = make_video(FILM, Path(folder))
        return {name: list(_pin(Path(folder), film, settings, count)) for name, settings in OUTPUTS.items()}


def print_pins(measured: Mapping[str, list[Pin]]) -> None:
    """Print the median and the slowest of each time."""
    print(f"load {os.getloadavg()[0]:.1f} at the end, {os.cpu_count()} cores")  # noqa: T201
    print(f"{'outputs of the video':<32} {'pins':>4} {'accepted':>15} {'poster stored':>15} {'video done':>15}")  # noqa: T201
    for name, pins in measured.items():
        columns = [[getattr(pin, field) for pin in pins] for field in ("accepted_s", "stored_s", "listed_s")]
        cells = (f"{statistics.median(one):.2f} / {max(one):.2f} s".rjust(15) for one in columns)
        print(f"{name:<32} {len(pins):>4} {' '.join(cells)}")  # noqa: T201


def _pin(folder: Path, film: Path, settings: Mapping[str, str], count: int) -> Iterator[Pin]:
    data = Path(tempfile.mkdtemp(dir=folder))
    with run_pipeline(data, workers=1, say=print, settings=settings) as pipeline, _make_client(pipeline) as client:
        key = _upload(client, film)
        with httpx.Client(trust_env=False) as http:
            for number in range(count):
                yield _pin_once(client, http, key, time_s=round((number + 0.5) * FILM.duration_s / count, 1))


def _make_client(pipeline: LocalPipeline) -> Client:
    token = Path(pipeline.endpoints.token_file).read_text(encoding="utf-8").strip()
    return Client(pipeline.endpoints.api, token)


def _upload(client: Client, film: Path) -> str:
    # The api is starting.
    until_s = time.monotonic() + _PATIENCE_S
    while True:
        try:
            key = client.upload(film, "film.mp4")
        except Exception:
            if time.monotonic() > until_s:
                raise
            time.sleep(0.5)
        else:
            client.wait_until_done(key, timeout_s=_PATIENCE_S)
            return key


def _pin_once(client: Client, http: httpx.Client, key: str, *, time_s: float) -> Pin:
    before = _read_poster(client, key)
    picture = http.get(before["url"]).content
    start_s = time.perf_counter()
    client.set_poster(key, time_s=time_s)
    accepted_s = time.perf_counter() - start_s
    # The URL of before leads to the same key.
    while (answer := http.get(before["url"])).content == picture or not answer.is_success:
        _wait(start_s)
    stored_s = time.perf_counter() - start_s
    while not (poster := _read_poster(client, key)) or not _is_pinned(poster, time_s):
        _wait(start_s)
    return Pin(accepted_s, stored_s, time.perf_counter() - start_s)


def _read_poster(client: Client, key: str) -> dict[str, Any]:
    """Return the poster of a video; it is empty while a worker is busy with it."""
    return getattr(client.get(key), "poster", None) or {}


def _is_pinned(poster: Mapping[str, Any], time_s: float) -> bool:
    return bool(poster["is_pinned"]) and abs(poster["time_s"] - time_s) < 1 / 20


def _wait(start_s: float) -> None:
    if time.perf_counter() - start_s > _PATIENCE_S:
        raise TimeoutError(f"no new poster within {_PATIENCE_S:g} s")
    time.sleep(_POLL_S)
