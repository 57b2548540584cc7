"""Formats: a file of each is recognised by its content, and shows the frames at the positions."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.contract.records import VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.containers import CONTAINERS
from services.worker.extraction.reading.source import LocalFile
from services.worker.extraction.sandbox.sandbox import Sandbox
from tests.support.extracted import SharedSandbox, images
from tests.support.formats import FORMATS, FPS, FRAMES, Format, make_files
from tests.support.formats_page import PAGE, render_page
from tests.support.videos import Videos, frame_number

OWN = {container.name for container in CONTAINERS}


@pytest.fixture(scope="module")
def files(videos: Videos) -> Path:
    return make_files(videos)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with SharedSandbox(ThumbnailOptions(smart=False)) as sandbox:
        yield sandbox


@pytest.mark.parametrize("format_", FORMATS, ids=[format_.file for format_ in FORMATS])
def test_a_format_shows_the_frames_at_its_positions(files: Path, sandbox: Sandbox, format_: Format) -> None:
    with LocalFile(files / format_.file) as source:
        outcome = sandbox.extract(source)
    assert (outcome.state, outcome.reason) == (VideoState.DONE, None)
    assert outcome.info
    assert (outcome.info.container, outcome.info.codec) == (format_.container, format_.codec)
    assert (outcome.index_failure is None and outcome.info.container in OWN) is format_.is_indexed
    assert outcome.info.duration_s == pytest.approx(FRAMES / FPS, abs=2 / FPS)
    for picture, image in zip(outcome.pictures, images(outcome), strict=True):
        assert abs(frame_number(image) - picture.time_s * FPS) <= 1.1


def test_the_page_of_formats_lists_what_is_tested() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == render_page(page), "run ./noxw generate"
