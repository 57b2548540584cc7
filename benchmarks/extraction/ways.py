"""The ways to three thumbnails that are compared, each in processes of its own, and what they cost."""

import io
import os
import resource
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

from services.contract.records import VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.job import Bounds
from services.worker.extraction.outcome import Outcome
from services.worker.extraction.sandbox import Sandbox
from services.worker.extraction.source import LocalFile

_POSITIONS = (0.10, 0.50, 0.95)
_WIDTH_PX = 640


@dataclass(frozen=True)
class Ours:
    """CPU of all processes that take part, worker included. `times_s` are those of the frames that were shown."""

    cpu_ms: float
    read_bytes: int
    requests: int
    peak_mb: float
    state: VideoState


def _cpu_s() -> float:
    """User and system time of this process and of all that it has waited for."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def measured_ms(way: Callable[[], None], rounds: int) -> float:
    """The median of the CPU that a way takes, in ms."""
    costs = []
    for _ in range(rounds):
        before = _cpu_s()
        way()
        costs.append(1000 * (_cpu_s() - before))
    return statistics.median(costs)


def ffmpeg_three_times(video: Path, duration_s: float) -> Callable[[], None]:
    """A: copy the file, then seek and decode with ffmpeg, once for each thumbnail."""

    def way() -> None:
        with tempfile.TemporaryDirectory(dir=video.parent) as directory:
            copy = Path(directory) / video.name
            shutil.copyfile(video, copy)
            for number, position in enumerate(_POSITIONS):
                _ffmpeg(
                    *("-ss", f"{duration_s * position:.3f}", "-i", str(copy), "-frames:v", "1"),
                    *("-vf", f"scale={_WIDTH_PX}:-2", f"{directory}/{number}.jpg"),
                )

    return way


def ffmpeg_keyframes(video: Path, duration_s: float) -> Callable[[], None]:
    """B: one ffmpeg that decodes keyframes only, with one thread, and seeks three times."""

    def way() -> None:
        with tempfile.TemporaryDirectory(dir=video.parent) as directory:
            inputs = [
                argument
                for position in _POSITIONS
                for argument in (
                    *("-threads", "1", "-skip_frame", "nokey", "-noaccurate_seek"),
                    *("-ss", f"{duration_s * position:.3f}", "-i", str(video)),
                )
            ]
            outputs = [
                argument
                for number in range(len(_POSITIONS))
                for argument in (
                    *("-map", f"{number}:v:0", "-frames:v", "1", "-vf", f"scale={_WIDTH_PX}:-2"),
                    f"{directory}/{number}.jpg",
                )
            ]
            _ffmpeg(*inputs, *outputs)

    return way


def pyav_keyframes(video: Path) -> Callable[[], None] | None:
    """D: PyAV, keyframes only, in a process that has loaded it already. None where PyAV is not installed."""
    try:
        import av  # noqa: PLC0415 - a peer, not a dependency
        import PIL.Image  # noqa: F401, PLC0415 - loaded before the fork, as all of ours is
    except ImportError:
        return None

    def thumbnails() -> None:
        with av.open(str(video)) as container:
            stream = container.streams.video[0]
            stream.codec_context.skip_frame = "NONKEY"
            stream.thread_count = 1
            start, duration = container.start_time or 0, container.duration or 0
            for position in _POSITIONS:
                container.seek(start + int(duration * position))
                frame = next(container.decode(stream))
                height = frame.height * _WIDTH_PX // frame.width
                frame.reformat(width=_WIDTH_PX, height=height).to_image().save(io.BytesIO(), "JPEG", quality=82)

    def way() -> None:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                thumbnails()
                code = 0
            finally:
                os._exit(code)
        if os.waitpid(pid, 0)[1]:
            raise RuntimeError("PyAV gave no thumbnails")

    return way


def ours(video: Path, rounds: int) -> Ours:
    """Our own, through the sandbox. What starting the fork server costs, once for all videos, is taken off."""
    start_s = min(_sandboxed(video, 1)[0] for _ in range(2))
    many_s, outcome = _sandboxed(video, 1 + rounds)
    usage = outcome.usage
    cost_ms = 1000 * (many_s - start_s) / rounds
    return Ours(cost_ms, usage.bytes_read, usage.requests, usage.peak_memory_mb, outcome.state)


def _sandboxed(video: Path, times: int) -> tuple[float, Outcome]:
    before = _cpu_s()
    with Sandbox(ThumbnailOptions(), Bounds()) as sandbox, LocalFile(video) as source:
        outcomes = [sandbox.extract(source) for _ in range(times)]
    return _cpu_s() - before, outcomes[-1]


def _ffmpeg(*arguments: str) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *arguments]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)  # noqa: S603 - our own arguments
