"""Compares the extraction with its peers: `./noxw bench extraction [--long] [--rounds N] [--only NAME]`."""

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import cv2
import imageio_ffmpeg

from benchmarks.extraction import floor, shortcuts, videos, ways, worker
from benchmarks.extraction.row import HEADINGS, Row
from services.worker.extraction.frames import capture

_MAX_GROWTH = 1.3
"""Upper limit of the cost of two hours, relative to ten minutes."""
_MAX_HDR = 2.0


def main() -> int:
    """Run the benchmark; return 1 if a limit is missed."""
    parser = argparse.ArgumentParser(prog="./noxw bench extraction", description=__doc__)
    parser.add_argument("--long", action="store_true", help="two hours, too: needs 10 GB of disk at a time")
    parser.add_argument("--rounds", type=int, default=5, help="how often each way is measured (default: %(default)s)")
    parser.add_argument("--only", default="", help="only videos with this in their name; `worker` for the whole loop")
    parser.add_argument("--shortcuts", action="store_true", help="compare each shortcut with its absence, and stop")
    parser.add_argument("--directory", type=Path, help="where the videos are made (default: a temporary one)")
    arguments = parser.parse_args()
    if not Path("/proc/self/schedstat").exists():
        parser.error("needs Linux: what the fork server costs is read from /proc/PID/schedstat")
    capture.prepare_process()
    _say(
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"OpenCV {cv2.__version__}, ffmpeg {imageio_ffmpeg.get_ffmpeg_version()}, PyAV {ways.pyav_version()}, "
        f"{arguments.rounds} rounds"
    )
    if arguments.shortcuts:
        with tempfile.TemporaryDirectory(dir=arguments.directory) as folder:
            for line in shortcuts.compare_shortcuts(Path(folder), arguments.rounds, arguments.only):
                _say(line)
        return 0
    _say("A: copy, 3 x ffmpeg -ss; B: one ffmpeg, keyframes only; D: PyAV, keyframes only. CPU of all processes (user")
    _say("and system), for three thumbnails. least: what decoding, scaling and encoding take by themselves, on the")
    _say("pictures that ours decodes, in one process for each video; warm: in a process that does nothing else;")
    _say("decode: the decoder alone. (< 20; at most 17): the limit that is missed, and the ratio of the least.")
    _say("IMAGEIO_FFMPEG_EXE names another ffmpeg.\n")
    missed: list[str] = []
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(dir=arguments.directory) as folder:
        directory = Path(folder)
        _say(" | ".join(HEADINGS))
        _say(" | ".join("---" for _ in HEADINGS))
        for video in videos.list_videos(with_long=arguments.long):
            if arguments.only in video.name:
                rows.append(_measure(video, directory, arguments.rounds))
                _say(" | ".join(rows[-1].cells()))
                missed += rows[-1].missed()
        _say("")
        comparisons = [*_growth(rows), *_hdr(rows)]
        if arguments.only in "worker":
            comparisons += _whole_loop(directory, arguments.rounds)
        for text, is_reached in comparisons:
            _say(text if is_reached else f"{text}: MISSED")
            missed += [] if is_reached else [text]
    _say(f"\n{len(missed)} missed" + "".join(f"\n- {what}" for what in missed) if missed else "\nall reached")
    return 1 if missed else 0


def _measure(video: videos.BenchmarkVideo, directory: Path, rounds: int) -> Row:
    """Measure all ways in turn, so that a slow minute of the machine affects all of them."""
    path = videos.make_video(video, directory)
    duration_s = float(video.duration_s)
    ffmpegs = ways.ffmpeg_three_times(path, duration_s), ways.ffmpeg_keyframes(path, duration_s)
    pyav = ways.pyav_keyframes(path)
    costs: dict[str, list[float]] = {"three": [], "one": [], "pyav": [], "ours": []}
    bare = []
    with ways.Ours(path) as ours:
        for number in range(rounds):
            # The ways with copies and ffmpeg are expensive; a copy of two hours is 5 GB.
            if number == 0 or (number % 2 == 0 and duration_s < videos.LONG_S):
                costs["three"].append(ways.measure_ms(ffmpegs[0]))
                costs["one"].append(ways.measure_ms(ffmpegs[1]))
                bare.append(floor.measure_bare(path, rounds))
            if pyav:
                costs["pyav"].append(ways.measure_ms(pyav))
            costs["ours"].append(ours.measure_ms())
        trips = ours.count_round_trips()
    path.unlink()
    return Row(
        video=video,
        outcome=ours.outcome,
        round_trips=trips,
        ours_ms=statistics.median(costs["ours"]),
        bare=floor.compute_median(bare),
        three_ms=statistics.median(costs["three"]),
        one_ms=statistics.median(costs["one"]),
        pyav_ms=statistics.median(costs["pyav"]) if pyav else None,
    )


def _growth(rows: Sequence[Row]) -> Iterator[tuple[str, bool]]:
    """Compare two hours with ten minutes of the same container."""
    by_length = {(row.video.name, row.video.duration_s): row for row in rows}
    for (name, duration_s), long in by_length.items():
        medium = by_length.get((name, videos.MEDIUM_S))
        if duration_s == videos.LONG_S and medium:
            cpu = long.ours_ms / medium.ours_ms
            read = long.outcome.usage.bytes_read / medium.outcome.usage.bytes_read
            text = (
                f"{name}: 2 h costs {cpu:.2f} x the CPU and {read:.2f} x the bytes of 10 min (at most {_MAX_GROWTH:g})"
            )
            yield text, max(cpu, read) <= _MAX_GROWTH


def _hdr(rows: Sequence[Row]) -> Iterator[tuple[str, bool]]:
    by_name = {row.video.name: row.ours_ms for row in rows}
    for name in (videos.HLG, videos.PQ):
        if name in by_name and videos.TEN_BITS in by_name:
            ratio = by_name[name] / by_name[videos.TEN_BITS]
            yield f"{name}: {ratio:.2f} x its SDR twin (at most {_MAX_HDR:g})", ratio <= _MAX_HDR


def _whole_loop(directory: Path, rounds: int) -> Iterator[tuple[str, bool]]:
    for length_s in worker.LENGTHS_S:
        ours, theirs = worker.per_s(length_s, directory, rounds if length_s < 100 else 1)
        ratio = ours / theirs
        text = (
            f"worker, h264 mp4 of {length_s} s, through queue, S3 and table: {ours:.1f} videos a second, "
            f"{theirs:.2f} with method A, {ratio:.1f} x (at least {worker.MIN_RATIO:g})"
        )
        yield text, ratio >= worker.MIN_RATIO


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the command's output


if __name__ == "__main__":
    sys.exit(main())
