"""For the tests of whole extractions: the thumbnails of a file through the sandbox, and which frames they show."""

import atexit
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from services.contract.thumbnails import ThumbnailOptions
from services.local.samples import Image
from services.worker.extraction.outcome import Outcome
from services.worker.extraction.reading.source import LocalFile, VideoSource
from services.worker.extraction.sandbox.job import Bounds, ExtractionJob
from services.worker.extraction.sandbox.sandbox import Sandbox
from tests.support.videos import frame_number

WHOLE_AV1 = ("-svtav1-params", "lp=1:pred-struct=1")
"""Without it, this version of SVT-AV1 writes streams that no decoder reads beyond their second keyframe."""

SMALL_PX = (320, 180)
SMALL: dict[str, Any] = {"width_px": SMALL_PX[0], "height_px": SMALL_PX[1]}
"""Quick to draw and to encode, and still large enough for the frame's number."""

SHOWN = [0, 50, 75]
"""Of 100 frames, of which every 25th is a keyframe: the keyframes nearest to 10, 50 and 95 %."""


@cache
def _share_fork_server() -> Sandbox:
    sandbox = Sandbox(ThumbnailOptions(), Bounds())
    atexit.register(sandbox.close)
    return sandbox


class SharedSandbox(Sandbox):
    """A sandbox whose children come from one fork server for all tests of this process.

    A start takes half a second of CPU time, more than most extractions of the tests.
    """

    def __init__(self, options: ThumbnailOptions | None = None, bounds: Bounds | None = None) -> None:
        super().__init__(options or ThumbnailOptions(), bounds or Bounds())

    def start(self) -> str:
        return _share_fork_server().start()

    def _run(self, source: VideoSource, job: ExtractionJob) -> Outcome:
        shared = _share_fork_server()
        return shared._extract(shared._fork(), source, job)  # noqa: SLF001 - of the same class


def extract(sandbox: Sandbox, path: Path) -> Outcome:
    with LocalFile(path) as source:
        return sandbox.extract(source)


def images(outcome: Outcome) -> list[Image]:
    """Return the decoded thumbnails; each is a JPEG of the size that the outcome says."""
    decoded = []
    for picture in outcome.pictures:
        image = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR)
        assert picture.data[:3] == b"\xff\xd8\xff"
        assert image is not None
        assert image.shape == (picture.height_px, picture.width_px, 3)
        decoded.append(image.astype(np.uint8, copy=False))
    return decoded


def numbers(outcome: Outcome) -> list[int]:
    return [frame_number(image) for image in images(outcome)]


def times_s(outcome: Outcome) -> list[float]:
    return [picture.time_s for picture in outcome.pictures]
