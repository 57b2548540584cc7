"""An error of an index reader does not cost a video its thumbnails, and is not hidden either."""

import re
import struct
from pathlib import Path
from typing import NoReturn

import pytest

from services.contract.records import VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.containers.mp4 import index
from services.worker.extraction.extract import extract
from services.worker.extraction.frames.overview import Overview
from services.worker.extraction.frames.request import SearchLimits
from services.worker.extraction.index_failure import IndexFailure
from services.worker.extraction.outcome import Outcome
from services.worker.extraction.reading.reader import RangedReader
from services.worker.extraction.sandbox.sandbox import Sandbox
from services.worker.metrics import WorkerMetrics
from tests.support.extracted import SMALL, numbers
from tests.support.extracted import extract as extract_in_sandbox
from tests.support.ranged import Counted
from tests.support.videos import Videos

WITHOUT_LIMITS = SearchLimits(read_bytes=1 << 40, cpu_s=1e9)


def extracted(path: Path, options: ThumbnailOptions | None = None) -> Outcome:
    return extract(Counted(path).reader(), options or ThumbnailOptions(), WITHOUT_LIMITS)


def break_reader(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def read(_: RangedReader) -> NoReturn:
        raise error

    monkeypatch.setattr(index, "read_movie", read)


BUGS = {
    "IndexError": IndexError("list index out of range"),
    "KeyError": KeyError("stts"),
    "struct.error": struct.error("unpack requires a buffer of 8 bytes"),
    "AssertionError": AssertionError("a claim of ours"),
    "TypeError": TypeError("unsupported operand"),
    "AttributeError": AttributeError("no attribute"),
    "RecursionError": RecursionError("maximum recursion depth exceeded"),
    "ZeroDivisionError": ZeroDivisionError("division by zero"),
}


@pytest.mark.parametrize("name", BUGS)
def test_index_reader_bug_is_named_and_thumbnails_remain(
    videos: Videos, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    break_reader(monkeypatch, BUGS[name])
    outcome = extracted(videos.video("a.mp4", **SMALL))
    assert outcome.state is VideoState.DONE
    # Without the index, the frames themselves are shown.
    assert numbers(outcome) == [10, 50, 95]
    failure = outcome.index_failure
    assert failure is not None
    assert (failure.error, failure.container, failure.is_expected, failure.label) == (name, "mp4", False, name)
    assert failure.message == str(BUGS[name])
    assert failure.where.startswith("containers/mp4/index.py:")


def test_an_index_that_is_missing_is_expected(videos: Videos, sandbox: Sandbox) -> None:
    content = videos.video("a.mp4", **SMALL).read_bytes()
    outcome = extract_in_sandbox(sandbox, videos.file("no-sizes.mp4", content.replace(b"stsz", b"xtsz")))
    assert outcome.index_failure is not None
    assert outcome.index_failure.error == "BrokenIndexError"
    message = r"mp4 stbl at \d+: expected stts, stsc, stsz and stco or co64, found stco stsc stts"
    assert re.fullmatch(message, outcome.index_failure.message)
    assert outcome.index_failure.where.startswith("containers/mp4/tables.py:")
    assert outcome.index_failure.is_expected


def test_a_working_index_reports_no_failure(videos: Videos, sandbox: Sandbox) -> None:
    assert extract_in_sandbox(sandbox, videos.video("a.mp4", **SMALL)).index_failure is None


def test_a_bug_that_costs_the_storyboard_is_named(videos: Videos, monkeypatch: pytest.MonkeyPatch) -> None:
    def storyboard(_: Overview) -> NoReturn:
        raise IndexError("no such tile")

    monkeypatch.setattr(Overview, "build_storyboard", storyboard)
    outcome = extracted(videos.video("a.mp4", **SMALL), ThumbnailOptions(storyboard=True))
    assert (outcome.state, outcome.storyboard) == (VideoState.DONE, None)
    assert outcome.index_failure is not None
    assert outcome.index_failure.error == "IndexError"


def test_what_an_exception_says_becomes_a_short_printable_line(videos: Videos, monkeypatch: pytest.MonkeyPatch) -> None:
    break_reader(monkeypatch, ValueError("\n\x1b[31m\u202eé" + "x" * 1000))
    failure = extracted(videos.video("a.mp4", **SMALL)).index_failure
    assert failure is not None
    assert failure.message == "??[31m??" + "x" * 192


def test_a_metric_has_few_labels_whatever_a_child_says() -> None:
    metrics = WorkerMetrics()
    for number in range(50):
        metrics.count_index_failure(IndexFailure(f"container{number}", f"Error{number}", "", ""))
    metrics.count_index_failure(IndexFailure("mp4", "IndexError", "", ""))
    metrics.count_index_failure(IndexFailure("mp4", "print", "", ""))
    value = metrics.registry.get_sample_value
    name = "thumbnail_worker_index_failures_total"
    assert value(name, {"container": "other", "error": "other"}) == 50
    assert value(name, {"container": "mp4", "error": "IndexError"}) == 1
    assert value(name, {"container": "mp4", "error": "other"}) == 1
