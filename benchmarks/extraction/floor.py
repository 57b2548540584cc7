"""Lower bound of every way with OpenCV and one process for each video: decoding, scaling and encoding alone.

It is a program, `python -m benchmarks.extraction.floor VIDEO ROUNDS`, so that its process manages memory like a child
of the sandbox: where frames are returned to the kernel after each video, the same work takes up to half as long again.
"""

import contextlib
import gc
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from functools import partial
from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np

from benchmarks.extraction.ways import WIDTH_PX, measure_ms, run_in_child
from services.contract.records import VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.extract import extract
from services.worker.extraction.frames import decode
from services.worker.extraction.frames.request import SearchLimits
from services.worker.extraction.pixels import thumbnail
from services.worker.extraction.reading.reader import RangedReader
from services.worker.extraction.reading.source import LocalFile
from services.worker.extraction.sandbox import confinement
from services.worker.extraction.sandbox.sandbox import TUNING

_PATIENCE_CPU_S = 600.0


@dataclass(frozen=True)
class Bare:
    """CPU in ms of the unavoidable work on the pictures that the extraction decodes.

    They are in memory already: no container is read, no picture is checked, and nothing is reported.

    `decode_ms` is FFmpeg's decoder alone, and `warm_ms` with its scaler and the JPEG encoder, in a process that does
    nothing else; `least_ms` is the latter in a process that is forked, confined and ended for this one video.
    """

    least_ms: float
    warm_ms: float
    decode_ms: float


def measure_bare(video: Path, rounds: int) -> Bare:
    """Measure in another process. Raises: subprocess.CalledProcessError."""
    command = [sys.executable, "-m", __name__, str(video), str(rounds)]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, env={**os.environ, **TUNING})  # noqa: S603 - our own module
    return Bare(**json.loads(ran.stdout))


def _measured(video: Path, rounds: int) -> Bare:
    files: list[bytes] = []
    open_wrapped = decode.open_wrapped

    def noted(memory: decode.Memory) -> cv2.VideoCapture:
        files.append(memory.read())
        memory.seek(0)
        return open_wrapped(memory)

    with LocalFile(video) as source, patch.object(decode, "open_wrapped", noted):
        reader = RangedReader(source.read, source.size_bytes)
        outcome = extract(reader, ThumbnailOptions(), SearchLimits(read_bytes=sys.maxsize, cpu_s=_PATIENCE_CPU_S))
    if outcome.state is not VideoState.DONE or not files:
        raise RuntimeError(f"{video.name}: {outcome.state}, {len(files)} decoded: {outcome.reason}")
    counts = [_decoded(file, upto=sys.maxsize) for file in files]

    def decode_all() -> None:
        for file in files:
            _decoded(file, upto=sys.maxsize)

    def thumbnails() -> None:
        for file, count in zip(files, counts, strict=True):
            _decoded(file, upto=count, shows_last=True)

    def confined() -> None:
        with contextlib.suppress(OSError):  # the sandbox runs without a filter as well if the kernel has none
            confinement.confine_process()
        thumbnails()

    gc.collect()
    gc.freeze()
    in_turn = [
        Bare(measure_ms(partial(run_in_child, confined)), measure_ms(thumbnails), measure_ms(decode_all))
        for _ in range(rounds)
    ]
    return compute_median(in_turn)


def compute_median(measured: Sequence[Bare]) -> Bare:
    """Return the median of each of the three fields."""
    return Bare(*(statistics.median(column) for column in zip(*map(astuple, measured), strict=True)))


def _decoded(file: bytes, *, upto: int, shows_last: bool = False) -> int:
    """Decode up to `upto` pictures and return their number; encode a thumbnail of the last if `shows_last`."""
    memory = decode.Memory(file)  # must outlive the capture
    capture = decode.open_wrapped(memory)
    count = 0
    while count < upto and capture.grab():
        count += 1
    if shows_last:
        image = np.asarray(capture.retrieve()[1], np.uint8)
        size = min(image.shape[1], WIDTH_PX), min(image.shape[0], image.shape[0] * WIDTH_PX // image.shape[1])
        cv2.imencode(
            ".jpg", thumbnail.resize_image(image, size), [cv2.IMWRITE_JPEG_QUALITY, ThumbnailOptions().quality]
        )
    return count


if __name__ == "__main__":
    print(json.dumps(asdict(_measured(Path(sys.argv[1]), int(sys.argv[2])))))  # noqa: T201 - the program's output
