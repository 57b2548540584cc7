"""Ways to three thumbnails that are compared, each in processes of its own, and their cost."""

import io
import os
import resource
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import imageio_ffmpeg

from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.outcome import Outcome
from services.worker.extraction.reading.source import LocalFile
from services.worker.extraction.sandbox.job import Bounds
from services.worker.extraction.sandbox.sandbox import Sandbox

_LATENCY_S = 0.05
POSITIONS = (0.10, 0.50, 0.95)
WIDTH_PX = 640
_SHARED_BY = 8
"""Videos in one measurement of the sandbox."""
_TO_JPEG = ("-vf", f"scale={WIDTH_PX}:-2", "-strict", "unofficial")


def _read_cpu_s() -> float:
    """Return user and system time of this process and of all that it has waited for."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def measure_ms(way: Callable[[], None]) -> float:
    """Return the CPU that a way takes, in ms."""
    before = _read_cpu_s()
    way()
    return 1000 * (_read_cpu_s() - before)


def ffmpeg_three_times(video: Path, duration_s: float) -> Callable[[], None]:
    """Return way A: copy the file, then seek and decode with ffmpeg, once for each thumbnail."""

    def way() -> None:
        with tempfile.TemporaryDirectory(dir=video.parent) as directory:
            copy = Path(directory) / video.name
            shutil.copyfile(video, copy)
            for number, position in enumerate(POSITIONS):
                _ffmpeg(
                    *("-ss", f"{duration_s * position:.3f}", "-i", str(copy), "-frames:v", "1"),
                    *(*_TO_JPEG, f"{directory}/{number}.jpg"),
                )

    return way


def ffmpeg_keyframes(video: Path, duration_s: float) -> Callable[[], None]:
    """Return way B: one ffmpeg that decodes keyframes only, with one thread, and seeks three times."""

    def way() -> None:
        with tempfile.TemporaryDirectory(dir=video.parent) as directory:
            inputs = [
                argument
                for position in POSITIONS
                for argument in (
                    *("-threads", "1", "-skip_frame", "nokey", "-noaccurate_seek"),
                    *("-ss", f"{duration_s * position:.3f}", "-i", str(video)),
                )
            ]
            outputs = [
                argument
                for number in range(len(POSITIONS))
                for argument in (
                    *("-map", f"{number}:v:0", "-frames:v", "1", *_TO_JPEG),
                    f"{directory}/{number}.jpg",
                )
            ]
            _ffmpeg(*inputs, *outputs)

    return way


def pyav_version() -> str:
    """Return the version of PyAV."""
    try:
        import av  # noqa: PLC0415 - a peer, not a dependency
    except ImportError:
        return "is not installed"
    return str(av.__version__)


def pyav_keyframes(video: Path) -> Callable[[], None] | None:
    """Return way D: PyAV, keyframes only, in a process that has loaded it already. None if PyAV is not installed."""
    try:
        import av  # noqa: F401, PLC0415 - a peer, not a dependency, loaded before the fork as all of ours is
        import PIL.Image  # noqa: F401, PLC0415
    except ImportError:
        return None

    return partial(run_in_child, partial(pyav_thumbnails, str(video)))


def pyav_thumbnails(address: str) -> list[bytes]:
    """Return three thumbnails by PyAV, keyframes only, of a file or of a URL."""
    import av  # noqa: PLC0415 - a peer, not a dependency

    pictures = []
    with av.open(address) as container:
        stream = container.streams.video[0]
        stream.codec_context.skip_frame = "NONKEY"
        stream.thread_count = 1
        start, duration = container.start_time or 0, container.duration or 0
        for position in POSITIONS:
            container.seek(start + int(duration * position))
            packet = next(packet for packet in container.demux(stream) if packet.is_keyframe)
            # Flushed, the decoder returns the picture without reading on. The next seek resets it.
            frame = [*packet.decode(), *stream.decode(None)][0]
            height = frame.height * WIDTH_PX // frame.width
            picture = io.BytesIO()
            frame.reformat(width=WIDTH_PX, height=height).to_image().save(picture, "JPEG", quality=82)
            pictures.append(picture.getvalue())
    return pictures


def run_in_child(way: Callable[[], object]) -> None:
    """Run a way in a forked process. Raises: RuntimeError if it fails there."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            way()
            code = 0
        finally:
            os._exit(code)
    if os.waitpid(pid, 0)[1]:
        raise RuntimeError("a child gave no thumbnails")


class Ours(Sandbox):
    """The extraction in the sandbox, without the start of the fork server, which costs as much as ten videos.

    `outcome` is that of the last video.
    """

    def __init__(self, video: Path) -> None:
        super().__init__(ThumbnailOptions(), Bounds())
        self._video = video
        self.outcome = self._extracted()

    def measure_ms(self) -> float:
        """Return the CPU of a video in worker, fork server and child."""
        before = _read_cpu_s() + self._read_server_cpu_s()
        child_s = 0.0
        for _ in range(_SHARED_BY):
            self.outcome = self._extracted()
            child_s += self.outcome.usage.cpu_s
        return 1000 * (_read_cpu_s() + self._read_server_cpu_s() - before + child_s) / _SHARED_BY

    def count_round_trips(self) -> float:
        """Return the time with pending reads, in units of 50 ms, if each read takes that long."""
        with LocalFile(self._video) as file:
            source = _Distant(file)
            self.extract(source)
        return source.busy_s / _LATENCY_S

    def _extracted(self) -> Outcome:
        with LocalFile(self._video) as source:
            return self.extract(source)

    def _read_server_cpu_s(self) -> float:
        """Return the CPU of the fork server in nanosecond resolution, on Linux only.

        rusage covers ended processes only, and /proc/PID/stat counts in hundredths of a second.
        """
        process, _ = self._started()
        return int(Path(f"/proc/{process.pid}/schedstat").read_text("ascii").split()[0]) / 1e9


class _Distant:
    """Source that takes 50 ms to answer; `busy_s` is the time with at least one pending read."""

    def __init__(self, file: LocalFile) -> None:
        self._file = file
        self.size_bytes = file.size_bytes
        self.busy_s = 0.0
        self._under_way = 0
        self._since = 0.0
        self._lock = threading.Lock()

    def read(self, offset: int, length: int) -> bytes:
        with self._lock:
            self._since = time.monotonic() if self._under_way == 0 else self._since
            self._under_way += 1
        time.sleep(_LATENCY_S)
        data = self._file.read(offset, length)
        with self._lock:
            self._under_way -= 1
            self.busy_s += time.monotonic() - self._since if self._under_way == 0 else 0.0
        return data


def _ffmpeg(*arguments: str) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *arguments]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)  # noqa: S603 - our own arguments
