"""Sizes of thumbnails, and bytes read of a large file for them."""

import pytest

from services.contract.records import VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.sandbox.sandbox import Sandbox
from tests.support.extracted import SHOWN, SharedSandbox, extract, images, numbers
from tests.support.videos import (
    Videos,
)


@pytest.mark.parametrize(("rotation_deg", "size"), [(90, (360, 640)), (180, (640, 360)), (270, (360, 640))])
def test_a_turned_video_is_upright(videos: Videos, sandbox: Sandbox, rotation_deg: int, size: tuple[int, int]) -> None:
    outcome = extract(sandbox, videos.video("phone.mov", rotation_deg=rotation_deg))
    assert numbers(outcome) == SHOWN
    assert {(picture.width_px, picture.height_px) for picture in outcome.pictures} == {size}
    assert outcome.info is not None
    assert (outcome.info.width_px, outcome.info.height_px) == size


@pytest.mark.parametrize(
    ("sar", "rotation_deg", "size"),
    [("16:11", 0, (640, 352)), ("1:2", 0, (360, 576)), ("1:2", 90, (576, 360)), ("1:1", 0, (640, 512))],
)
def test_pixels_that_are_not_square_are_made_so(
    videos: Videos, sandbox: Sandbox, sar: str, rotation_deg: int, size: tuple[int, int]
) -> None:
    path = videos.video("wide.mp4", width_px=720, height_px=576, sar=sar, rotation_deg=rotation_deg)
    outcome = extract(sandbox, path)
    assert numbers(outcome) == SHOWN
    assert {(picture.width_px, picture.height_px) for picture in outcome.pictures} == {size}


def test_other_positions_and_another_width(videos: Videos) -> None:
    options = ThumbnailOptions(positions_pct=(1, 25, 33, 75, 99), width_px=160, quality=50)
    with SharedSandbox(options) as sandbox:
        outcome = extract(sandbox, videos.video("a.mp4"))
        tall = extract(sandbox, videos.video("phone.mov", rotation_deg=90))
    assert numbers(outcome) == [0, 25, 25, 75, 75]
    assert {(picture.width_px, picture.height_px) for picture in outcome.pictures} == {(160, 90)}
    assert {(picture.width_px, picture.height_px) for picture in tall.pictures} == {(160, 284)}


def test_a_small_video_is_not_enlarged(videos: Videos, sandbox: Sandbox) -> None:
    outcome = extract(sandbox, videos.video("small.mp4", width_px=160, height_px=90))
    assert {(picture.width_px, picture.height_px) for picture in outcome.pictures} == {(160, 90)}
    assert numbers(outcome) == SHOWN


def test_a_tower_of_pixels_fits_into_a_jpeg(videos: Videos, sandbox: Sandbox) -> None:
    path = videos.video("tower.webm", codec="vp9", width_px=16, height_px=65_535, duration_s=0.04)
    outcome = extract(sandbox, path)
    assert outcome.state is VideoState.DONE
    assert {image.shape for image in images(outcome)} == {(65_500, 16, 3)}


@pytest.mark.parametrize(("size_bytes", "most_read"), [(1 << 30, 4 << 20), (4 << 30, 4 << 20)])
def test_a_large_file_is_read_in_part(videos: Videos, sandbox: Sandbox, size_bytes: int, most_read: int) -> None:
    outcome = extract(sandbox, videos.sparse(videos.video("large.mp4", audio="aac"), size_bytes=size_bytes))
    assert outcome.state is VideoState.DONE
    assert numbers(outcome) == SHOWN
    assert outcome.usage.bytes_read < most_read


def test_a_file_beyond_4_gib_is_read_as_well(videos: Videos, sandbox: Sandbox) -> None:
    path = videos.sparse(videos.video("large.mp4", audio="aac"), size_bytes=(4 << 30) + 1)
    outcome = extract(sandbox, path)
    assert outcome.state is VideoState.DONE
    assert numbers(outcome) == SHOWN
