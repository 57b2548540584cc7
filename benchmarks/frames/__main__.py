"""Measures frames on demand: `./noxw bench frames`.

First the reads of single frames at random times of films in four containers, in the sandbox and from a local file: at
most 10 MB and 6 requests each. Then the service over HTTP with the embedded AWS: a miss within 0.5 s (p95), a hit
within 20 ms (p95) from the memory of the process and from the bucket, and 200 misses at once without an error.
"""

import argparse
import os
import platform
import random
import statistics
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.extraction.videos import LONG_S, MEDIUM_S, BenchmarkVideo, make_video
from benchmarks.frames.service import MISSES_AT_ONCE, measure_service
from services.contract.frames import FrameOptions
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.reading.source import LocalFile
from services.worker.extraction.sandbox.job import Bounds
from services.worker.extraction.sandbox.sandbox import Sandbox

if TYPE_CHECKING:
    from services.worker.extraction.outcome import ChildUsage

MAX_MB, MAX_REQUESTS = 10.0, 6
MAX_MISS_S, MAX_HIT_S = 0.5, 0.020
_FILMS = (
    BenchmarkVideo("mp4", "h264-4m", "mp4", MEDIUM_S, gop_s=4, size_px=(1280, 720)),
    BenchmarkVideo("mkv", "h264-4m", "mkv", MEDIUM_S, gop_s=4, size_px=(1280, 720)),
    BenchmarkVideo("ts", "h264-4m", "ts", MEDIUM_S, gop_s=4, size_px=(1280, 720)),
    BenchmarkVideo("avi", "mpeg4", "avi", MEDIUM_S, gop_s=4, size_px=(1280, 720)),
)


def main() -> int:
    """Run the benchmark; return 1 if a goal is missed."""
    arguments = _parse_arguments()
    _say(
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start, "
        f"Python {platform.python_version()}, {arguments.times} times of each film"
    )
    missed: list[str] = []
    with tempfile.TemporaryDirectory(dir=arguments.directory) as folder:
        clips = arguments.directory or Path(folder)
        _say("\n| film | size | bytes read, median | bytes read, most | requests, most | CPU, most |")
        _say("| --- | --- | --- | --- | --- | --- |")
        for video in _list_films(with_long=arguments.long):
            path = make_video(video, clips)
            missed += _measure_reads(video, path, arguments.times)
            path.unlink()
        if not arguments.no_service:
            paths = [(video, _keep_film(video, clips, Path(folder))) for video in _FILMS]
            missed += _measure_service(paths, Path(folder), arguments.times)
    _say("\n" + (f"{len(missed)} missed\n" + "\n".join(f"- {text}" for text in missed) if missed else "all goals met"))
    return 1 if missed else 0


def _list_films(*, with_long: bool) -> list[BenchmarkVideo]:
    lengths = (MEDIUM_S, LONG_S) if with_long else (MEDIUM_S,)
    return [
        replace(video, name=f"{round(duration_s / 60)} min {video.name}", duration_s=duration_s)
        for duration_s in lengths
        for video in _FILMS
    ]


def _keep_film(video: BenchmarkVideo, clips: Path, folder: Path) -> Path:
    return make_video(video, clips).rename(folder / f"film.{video.suffix}")


def _measure_reads(video: BenchmarkVideo, path: Path, times: int) -> list[str]:
    """Print the row of a film, and return the goals that it misses."""
    usages: list[ChildUsage] = []
    chosen = random.Random(video.name)  # noqa: S311 - no secret
    with Sandbox(ThumbnailOptions(), Bounds()) as sandbox, LocalFile(path) as source:
        for _ in range(times):
            time_s = round(chosen.uniform(0, video.duration_s - 1), 3)
            outcome = sandbox.extract_frame(source, FrameOptions(time_s=time_s))
            if not outcome.pictures:
                return [f"{video.name}: no frame at {time_s} s: {outcome.reason}"]
            usages.append(outcome.usage)
    read_mb = [usage.bytes_read / 1e6 for usage in usages]
    requests = max(usage.requests for usage in usages)
    cpu_s = max(usage.cpu_s for usage in usages)
    size_mb = path.stat().st_size / 1e6
    cells = (f"{size_mb:.0f} MB", f"{statistics.median(read_mb):.2f} MB", f"{max(read_mb):.2f} MB", f"{requests}")
    _say(f"| {video.name} | {' | '.join(cells)} | {cpu_s:.2f} s |")
    missed = []
    if max(read_mb) > MAX_MB:
        missed.append(f"{video.name}: {max(read_mb):.1f} MB, at most {MAX_MB:g}")
    if requests > MAX_REQUESTS:
        missed.append(f"{video.name}: {requests} requests, at most {MAX_REQUESTS}")
    return missed


def _measure_service(films: list[tuple[BenchmarkVideo, Path]], folder: Path, times: int) -> list[str]:
    """Print what the service needs, and return the goals that it misses."""
    missed = []
    found = measure_service([(video.suffix, path, video.duration_s) for video, path in films], folder, times)
    _say("\n| film of 10 min | miss, median | p95 | hit in memory, median | p95 | hit in the bucket, median | p95 |")
    _say("| --- | --- | --- | --- | --- | --- | --- |")
    for row in found.rows:
        miss_s = _percentile(row.misses_s)
        cells = [f"{statistics.median(row.misses_s):.2f} s", f"{miss_s:.2f} s"]
        if miss_s > MAX_MISS_S:
            missed.append(f"{row.name}: a miss takes {miss_s:.2f} s (p95), at most {MAX_MISS_S:g}")
        for place, hits_s in (("memory", row.hits_s), ("the bucket", row.bucket_hits_s)):
            hit_ms = 1000 * _percentile(hits_s)
            cells += [f"{1000 * statistics.median(hits_s):.0f} ms", f"{hit_ms:.0f} ms"]
            if hit_ms > 1000 * MAX_HIT_S:
                missed.append(f"{row.name}: a hit in {place} takes {hit_ms:.0f} ms (p95), at most {1000 * MAX_HIT_S:g}")
        _say(f"| {row.name} | {' | '.join(cells)} |")
    burst = found.burst
    statuses = ", ".join(f"{count} x {status}" for status, count in sorted(burst.statuses.items()))
    _say(
        f"\n{MISSES_AT_ONCE} misses at once: {statuses} in {burst.total_s:.1f} s; memory (PSS) of the service and its "
        f"children {burst.before_mb:.0f} MB before, {burst.peak_mb:.0f} MB at most, {burst.after_mb:.0f} MB after"
    )
    if set(burst.statuses) != {200}:
        missed.append(f"{MISSES_AT_ONCE} misses at once: {statuses}")
    return missed


def _percentile(values: list[float]) -> float:
    """Return the 95th percentile: of twenty values the second largest."""
    return sorted(values)[max(int(0.95 * len(values)) - 1, 0)]


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./noxw bench frames", description=__doc__)
    parser.add_argument("--times", type=int, default=20, help="frames of each film (default: %(default)s)")
    parser.add_argument("--long", action="store_true", help="also films of two hours, which need 4 GB of disk each")
    parser.add_argument("--no-service", action="store_true", help="only the reads")
    parser.add_argument("--directory", type=Path, help="where films are made and clips kept (default: temporary)")
    arguments = parser.parse_args()
    if arguments.times < 1:
        parser.error("--times must be 1 or more")
    return arguments


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the command's output


if __name__ == "__main__":
    sys.exit(main())
