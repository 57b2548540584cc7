"""Work that the fork server does once, before the first video."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tests.support.videos import FRAGMENTED

if TYPE_CHECKING:
    from tests.support.videos import Videos

LOADED_BY_A_CHILD = """
import os
import sys
from pathlib import Path
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.frames import capture
from services.worker.extraction.sandbox import child, forkserver
from services.worker.extraction.extract import extract
from services.worker.extraction.outcome import encode_outcome
from services.worker.extraction.reading.reader import RangedReader
from services.worker.extraction.frames.request import SearchLimits
capture.prepare_process()
forkserver._warm_up()
before = set(sys.modules)
for path in sys.argv[1:]:
    pid = os.fork()
    if pid == 0:
        data = Path(path).read_bytes()
        reader = RangedReader(lambda offset, length: data[offset : offset + length], len(data))
        outcome = extract(reader, ThumbnailOptions(), SearchLimits(read_bytes=1 << 28, cpu_s=60))
        assert len(outcome.pictures) == 3, outcome
        encode_outcome(outcome)
        print(path, *sorted(set(sys.modules) - before), flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
"""


def test_a_child_loads_no_module_any_more(videos: Videos) -> None:
    """`numpy.ma` alone, which `numpy.percentile` loads, took 48 ms of every video."""
    kinds = [
        ("a.mp4", "h264", ()),
        ("a.mp4", "h264", FRAGMENTED),
        ("a.mkv", "hevc", ()),
        ("a.webm", "vp9", ()),
        ("a.avi", "mpeg4", ()),
        ("a.wmv", "wmv2", ()),
        ("a.flv", "h264", ()),
        ("a.ts", "h264", ()),
    ]
    paths = [str(videos.video(name, codec=codec, options=options)) for name, codec, options in kinds]
    command = [sys.executable, "-c", LOADED_BY_A_CHILD, *paths]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
    # A line of a child is its video, then what it has loaded.
    assert printed.splitlines() == paths
