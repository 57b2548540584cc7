"""The frames service of a local pipeline, asked over HTTP for frames that are in its cache and that are not."""

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx

from services.api.access.frame_urls import FrameUrls
from services.api.access.secret_key import SecretKey
from services.aws.shared import SharedItems
from services.contract.frames import FrameOptions
from services.local.access import Ports
from services.local.pipeline import LocalPipeline, run_pipeline
from tests.faults.processes import list_children

MISSES_AT_ONCE = 200
_TIMEOUT_S = 120.0
_PREFERRED_PORT = 8001
_SETTINGS = {"FRAMES_MAX_WAITING": "400", "FRAMES_MAX_WAITING_PER_VIDEO": "400", "FRAMES_WAIT_S": "110"}


@dataclass(frozen=True)
class ServiceRow:
    """Times of single requests for one film, in seconds: extractions, and hits in memory and in the bucket."""

    name: str
    misses_s: list[float]
    hits_s: list[float]
    bucket_hits_s: list[float]


@dataclass(frozen=True)
class Burst:
    """Outcome of `MISSES_AT_ONCE` requests; the memory is that of the service and its children."""

    statuses: Counter[int]
    total_s: float
    before_mb: float
    peak_mb: float
    after_mb: float


@dataclass(frozen=True)
class ServiceFigures:
    rows: list[ServiceRow]
    burst: Burst


def measure_service(films: Sequence[tuple[str, Path, int]], folder: Path, times: int) -> ServiceFigures:
    """Return the times of misses and hits of each film (name, path, seconds), and what 200 misses at once do."""
    ports = Ports(frames=_PREFERRED_PORT)
    with (
        run_pipeline(folder / "pipeline", workers=0, say=lambda _: None, settings=_SETTINGS, ports=ports) as pipeline,
        httpx.Client(timeout=_TIMEOUT_S) as client,
    ):
        key = SecretKey(SharedItems(pipeline.clients.dynamodb, pipeline.endpoints.videos_table))
        urls = FrameUrls(key, pipeline.endpoints.frames)
        _wait_for_service(client, pipeline.endpoints.frames)
        for name, path, _ in films:
            pipeline.clients.s3.upload_file(str(path), pipeline.endpoints.bucket, f"uploads/{path.name}")
            path.unlink()
            _fetch(client, urls, f"uploads/film.{name}", 0.0)  # what only the first request waits for
        chosen = random.Random(1)  # noqa: S311 - no secret
        times_s = {name: _choose_times(chosen, seconds, times) for name, _, seconds in films}

        def fetch_all(name: str) -> list[float]:
            return [_fetch(client, urls, f"uploads/film.{name}", time_s) for time_s in times_s[name]]

        # The first answers are extracted, the second ones come from memory, and those of a new process from the bucket.
        extracted = {name: (fetch_all(name), fetch_all(name)) for name in times_s}
        _restart_service(pipeline, client)
        _fetch(client, urls, f"uploads/film.{films[0][0]}", 0.0)
        rows = [ServiceRow(name, *extracted[name], fetch_all(name)) for name in times_s]
        asked = [
            (f"uploads/{path.name}", time_s)
            for _, path, seconds in films
            for time_s in _choose_times(chosen, seconds, MISSES_AT_ONCE // len(films))
        ]
        return ServiceFigures(rows, _measure_burst(pipeline, urls, asked))


def _wait_for_service(client: httpx.Client, url: str) -> None:
    """Return when the service answers. Raises: TimeoutError."""
    until_s = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < until_s:
        with contextlib.suppress(httpx.TransportError):
            if client.get(f"{url}/health").is_success:
                return
        time.sleep(0.2)
    raise TimeoutError(f"The frames service did not answer within {_TIMEOUT_S:g} s.")


def _restart_service(pipeline: LocalPipeline, client: httpx.Client) -> None:
    """Let the supervisor start the service again, without its memory. Raises: TimeoutError."""
    if pipeline.workers is None:
        raise RuntimeError("The pipeline belongs to another process.")
    pid = pipeline.workers.pids()["frames"]
    os.kill(pid, signal.SIGTERM)
    until_s = time.monotonic() + _TIMEOUT_S
    while pipeline.workers.pids().get("frames", pid) == pid and time.monotonic() < until_s:
        time.sleep(0.2)
    _wait_for_service(client, pipeline.endpoints.frames)


def _choose_times(chosen: random.Random, seconds: int, count: int) -> list[float]:
    return [round(chosen.uniform(0, seconds - 1), 3) for _ in range(count)]


def _fetch(client: httpx.Client, urls: FrameUrls, key: str, time_s: float) -> float:
    """Return the seconds of one request. Raises: httpx.HTTPStatusError."""
    url = urls.make_url(key, FrameOptions(time_s=time_s))
    begun_s = time.perf_counter()
    client.get(url).raise_for_status()
    return time.perf_counter() - begun_s


def _measure_burst(pipeline: LocalPipeline, urls: FrameUrls, asked: Sequence[tuple[str, float]]) -> Burst:
    addresses = [urls.make_url(key, FrameOptions(time_s=time_s)) for key, time_s in asked]
    before_mb = _read_memory_mb(pipeline)
    peaks_mb, ended = [before_mb], threading.Event()

    def watch() -> None:
        while not ended.wait(0.2):
            peaks_mb.append(_read_memory_mb(pipeline))

    watcher = threading.Thread(target=watch)
    watcher.start()
    begun_s = time.perf_counter()
    limits = httpx.Limits(max_connections=len(addresses))
    with httpx.Client(timeout=_TIMEOUT_S, limits=limits) as client, ThreadPoolExecutor(len(addresses)) as pool:
        statuses = Counter(pool.map(lambda address: client.get(address).status_code, addresses))
    total_s = time.perf_counter() - begun_s
    ended.set()
    watcher.join()
    return Burst(statuses, total_s, before_mb, max(peaks_mb), _read_memory_mb(pipeline))


def _list_processes(pipeline: LocalPipeline) -> list[int]:
    """Return the process ids of the frames service, its fork server and its children."""
    if pipeline.workers is None:
        raise RuntimeError("The pipeline belongs to another process.")
    found = [pipeline.workers.pids()["frames"]]
    for pid in found:
        found += list_children(pid)
    return found


def _read_memory_mb(pipeline: LocalPipeline) -> float:
    """Return the proportional set size of the service and its children, in MB: they share pages."""
    pss_kb = 0
    for pid in _list_processes(pipeline):
        # A child can end at any time.
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            pss_kb += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return pss_kb * 1024 / 1e6
