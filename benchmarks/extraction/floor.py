"""The floor under every way that uses OpenCV and gives each video a process of its own: what decoding, scaling and
encoding take there by themselves.

A program of its own, `python -m benchmarks.extraction.floor VIDEO ROUNDS`, as the memory of its process is managed like
that of a child of ours: where frames go back to the kernel after each video, the same work takes up to half as long
again.
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

from benchmarks.extraction.ways import WIDTH_PX, in_a_child, measured_ms
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
    """What no extraction can do without, on the pictures that ours decodes, in memory already: no container is read, no
    picture looked at, nothing told to anybody. CPU in ms.

    `decode_ms` is FFmpeg's decoder alone, and `warm_ms` with its scaler and the JPEG encoder, in a process that does
    nothing else; `least_ms` is the latter in a process that is forked, confined and ended for this one video.
    """

    least_ms: float
    warm_ms: float
    decode_ms: float


def bare(video: Path, rounds: int) -> Bare:
    """Measures in a process of its own. Raises: subprocess.CalledProcessError."""
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
        with contextlib.suppress(OSError):  # where the kernel has no filter, ours goes without as well
            confinement.confine_process()
        thumbnails()

    gc.collect()
    gc.freeze()
    in_turn = [
        Bare(measured_ms(partial(in_a_child, confined)), measured_ms(thumbnails), measured_ms(decode_all))
        for _ in range(rounds)
    ]
    return median(in_turn)


def median(measured: Sequence[Bare]) -> Bare:
    """Of each of the three by itself."""
    return Bare(*(statistics.median(column) for column in zip(*map(astuple, measured), strict=True)))


def _decoded(file: bytes, *, upto: int, shows_last: bool = False) -> int:
    """How many pictures were decoded. The last becomes a thumbnail if asked for."""
    memory = decode.Memory(file)  # outlives the capture
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
