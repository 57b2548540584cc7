"""Compares the extraction with its peers: `./noxw -s bench -- extraction [--long] [--rounds N] [--markdown]`."""

import argparse
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.extraction import videos, ways
from benchmarks.extraction.videos import Video
from services.worker.extraction import capture

_HEADINGS = (
    "video", "length", "A ms", "B ms", "D ms", "ours ms", "A/ours", "D/ours", "MB read", "requests", "peak MB", "state"
)  # fmt: skip
_MIB = 1024 * 1024


def main() -> int:
    parser = argparse.ArgumentParser(prog="./noxw -s bench -- extraction", description=__doc__)
    parser.add_argument("--long", action="store_true", help="two hours, too: needs 10 GB of disk at a time")
    parser.add_argument("--rounds", type=int, default=5, help="how often each way is measured (default: %(default)s)")
    parser.add_argument("--only", default="", help="only videos with this in their name")
    parser.add_argument("--directory", type=Path, help="where the videos are made (default: a temporary one)")
    arguments = parser.parse_args()
    capture.prepare()
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}")  # noqa: T201 - the command's output
    print("A: copy, 3 x ffmpeg -ss; B: one ffmpeg, keyframes only; D: PyAV, keyframes only. CPU (user + system).\n")  # noqa: T201 - the command's output
    print(" | ".join(_HEADINGS))  # noqa: T201 - the command's output
    print(" | ".join("---" for _ in _HEADINGS), flush=True)  # noqa: T201 - the command's output
    with tempfile.TemporaryDirectory(dir=arguments.directory) as directory:
        for video in videos.rows(with_long=arguments.long):
            if arguments.only in video.name:
                print(" | ".join(_row(video, Path(directory), arguments.rounds)), flush=True)  # noqa: T201 - the command's output
    return 0


def _row(video: Video, directory: Path, rounds: int) -> list[str]:
    path = videos.make(video, directory)
    duration_s = float(video.duration_s)
    few = max(rounds // 2, 2)
    ours = ways.ours(path, rounds)
    three = ways.measured_ms(ways.ffmpeg_three_times(path, duration_s), few if video.duration_s < 7000 else 1)
    one = ways.measured_ms(ways.ffmpeg_keyframes(path, duration_s), few)
    pyav = ways.pyav_keyframes(path)
    peer = ways.measured_ms(pyav, rounds) if pyav else None
    path.unlink()
    return [
        video.name,
        f"{video.duration_s} s",
        f"{three:.0f}",
        f"{one:.0f}",
        "" if peer is None else f"{peer:.0f}",
        f"{ours.cpu_ms:.0f}",
        _ratio(three, ours.cpu_ms, video.at_least),
        "" if peer is None else _ratio(peer, ours.cpu_ms, video.peer_at_least),
        f"{ours.read_bytes / _MIB:.2f}",
        str(ours.requests),
        f"{ours.peak_mb:.0f}",
        str(ours.state),
    ]


def _ratio(theirs_ms: float, ours_ms: float, at_least: float) -> str:
    """The ratio, and what it should have been where it is not."""
    ratio = theirs_ms / max(ours_ms, 0.1)
    return f"{ratio:.1f}" if ratio >= at_least else f"{ratio:.1f} (< {at_least:g})"


if __name__ == "__main__":
    sys.exit(main())
