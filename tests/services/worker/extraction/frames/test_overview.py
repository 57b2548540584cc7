"""A storyboard and a preview, on top of the thumbnails and never in their place."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contract.records import VideoState
from services.contract.storyboards.layout import arrange_tiles
from services.contract.thumbnails import ImageFormat, ThumbnailOptions
from services.local.samples import encode_video
from services.worker.extraction.extract import extract
from services.worker.extraction.frames.overview import compose_sheets, fit_square, order_coarse_first
from services.worker.extraction.frames.request import SearchLimits
from services.worker.extraction.outcome import ExtractedPreview, ExtractedStoryboard, Outcome
from services.worker.extraction.pixels.orientation import Image
from services.worker.extraction.reading.reader import RangedReader
from services.worker.extraction.reading.source import LocalFile
from tests.support.extracted import SMALL, SMALL_PX, SharedSandbox
from tests.support.ranged import Counted
from tests.support.videos import FRAGMENTED, Videos, draw_frame, frame_number

BOTH = ThumbnailOptions(storyboard=True, preview=True)


def overview(path: Path, options: ThumbnailOptions = BOTH) -> Outcome:
    with SharedSandbox(options) as sandbox, LocalFile(path) as source:
        outcome = sandbox.extract(source)
    assert (outcome.state, outcome.reason) == (VideoState.DONE, None)
    return outcome


def tiles(storyboard: ExtractedStoryboard | None) -> list[Image]:
    assert storyboard is not None
    (file,) = storyboard.sheets
    sheet = cv2.imdecode(np.frombuffer(file.data, np.uint8), cv2.IMREAD_COLOR)
    assert sheet is not None
    width, height = storyboard.tile_width_px, storyboard.tile_height_px
    assert storyboard.rows == -(-storyboard.tiles // storyboard.columns)
    assert sheet.shape == (storyboard.rows * height, storyboard.columns * width, 3)
    places = [divmod(number, storyboard.columns) for number in range(storyboard.tiles)]
    return [
        sheet[row * height : (row + 1) * height, column * width : (column + 1) * width].astype(np.uint8)
        for row, column in places
    ]


def frames(preview: ExtractedPreview | None) -> list[Image]:
    assert preview is not None
    ok, animation = cv2.imdecodeanimation(np.frombuffer(preview.data, np.uint8).reshape(1, -1))
    assert ok
    assert len(animation.frames) == preview.frames
    assert sum(animation.durations) == pytest.approx(preview.duration_s * 1000)
    found = [frame[:, :, :3].astype(np.uint8) for frame in animation.frames]
    assert {image.shape[:2] for image in found} == {(preview.height_px, preview.width_px)}
    return found


def numbers(images: Sequence[Image]) -> list[int]:
    return [frame_number(image) for image in images]


KINDS = [
    ("a.mp4", "h264", ()),
    ("a.mp4", "h264", FRAGMENTED),
    ("a.mov", "hevc", ()),
    ("a.mkv", "h264", ()),
    ("a.webm", "vp8", ()),
    ("a.avi", "mpeg4", ()),
    ("a.flv", "h264", ()),
    ("a.ts", "h264", ()),
    ("a.wmv", "wmv2", ()),
]


@pytest.mark.parametrize(
    ("name", "codec", "options"), KINDS, ids=["mp4", "fragments", "mov", "mkv", "webm", "avi", "flv", "ts", "wmv"]
)
def test_each_tile_shows_the_keyframe_at_its_middle(
    videos: Videos, name: str, codec: str, options: tuple[str, ...]
) -> None:
    """12 s have two tiles of 5 s and one of 2 s; keyframes come every second, and the middle of the last is at 11 s."""
    path = videos.video(name, codec=codec, duration_s=12, width_px=320, height_px=180, options=options)
    outcome = overview(path)
    assert outcome.storyboard is not None
    assert (outcome.storyboard.interval_s, outcome.storyboard.tiles, outcome.storyboard.columns) == (5, 3, 3)
    assert (outcome.storyboard.tile_width_px, outcome.storyboard.tile_height_px) == (160, 90)
    first, second, last = numbers(tiles(outcome.storyboard))
    assert (first in (50, 75), second in (175, 200), last) == (True, True, 275)
    shown = numbers(frames(outcome.preview))
    assert len(shown) == 10
    assert shown == sorted(set(shown))
    assert all(number % 25 == 0 for number in shown)
    assert (shown[0], shown[-1]) == (25, 275)


def test_thumbnails_are_the_same_with_an_overview_and_without(videos: Videos) -> None:
    path = videos.video("a.mp4", duration_s=12)
    without = overview(path, ThumbnailOptions())
    assert (without.storyboard, without.preview) == (None, None)
    assert overview(path).pictures == without.pictures


def test_what_is_off_costs_nothing(videos: Videos, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a read more, and nothing of the module is called."""
    path = videos.video("a.mp4", duration_s=12)
    whole = Counted(path)
    with_both = extract(whole.reader(), BOTH, SearchLimits(read_bytes=1 << 26, cpu_s=1e6))
    monkeypatch.delattr("services.worker.extraction.frames.overview.Overview")
    counted = Counted(path)
    without = extract(counted.reader(), ThumbnailOptions(), SearchLimits(read_bytes=1 << 26, cpu_s=1e6))
    assert (without.storyboard, without.preview) == (None, None)
    assert without.pictures == with_both.pictures
    # What the thumbnails need comes first, and the rest on top of it.
    assert whole.ranges[: len(counted.ranges)] == counted.ranges


def test_each_can_be_had_alone(videos: Videos) -> None:
    path = videos.video("a.mp4", duration_s=12)
    one, other = overview(path, ThumbnailOptions(storyboard=True)), overview(path, ThumbnailOptions(preview=True))
    assert (bool(one.storyboard), bool(one.preview)) == (True, False)
    assert (bool(other.storyboard), bool(other.preview)) == (False, True)


def test_a_long_video_has_a_hundred_keyframe_tiles(videos: Videos) -> None:
    """Ten minutes and 40 s at a frame a second: the interval is 6.4 s."""
    path = videos.video("long.mp4", fps=1, gop=2, duration_s=640, width_px=320, height_px=180)
    storyboard = overview(path, ThumbnailOptions(storyboard=True)).storyboard
    assert storyboard is not None
    assert (storyboard.tiles, storyboard.columns) == (100, 10)
    assert storyboard.interval_s == pytest.approx(6.4)
    middles_s = [(number + 0.5) * 6.4 for number in range(100)]
    assert numbers(tiles(storyboard)) == [pytest.approx(middle_s, abs=1.01) for middle_s in middles_s]


def test_a_video_stands_upright_in_both(videos: Videos) -> None:
    outcome = overview(videos.video("phone.mov", rotation_deg=90, duration_s=8))
    assert {image.shape[:2] for image in tiles(outcome.storyboard)} == {(160, 90)}
    assert {image.shape[:2] for image in frames(outcome.preview)} == {(320, 180)}


def test_a_small_video_is_not_enlarged(videos: Videos) -> None:
    outcome = overview(videos.video("small.mp4", width_px=128, height_px=72, duration_s=8))
    assert {image.shape[:2] for image in tiles(outcome.storyboard)} == {(72, 128)}
    assert {image.shape[:2] for image in frames(outcome.preview)} == {(72, 128)}


@pytest.mark.parametrize("image_format", list(ImageFormat))
def test_the_sheet_has_the_format_of_the_thumbnails(videos: Videos, image_format: ImageFormat) -> None:
    path = videos.video("a.mp4", duration_s=12)
    storyboard = overview(path, ThumbnailOptions(storyboard=True, format=image_format)).storyboard
    assert storyboard is not None
    magic = {ImageFormat.JPEG: b"\xff\xd8\xff", ImageFormat.WEBP: b"RIFF", ImageFormat.AVIF: b"\0\0\0"}
    assert storyboard.sheets[0].data.startswith(magic[image_format])
    assert len(tiles(storyboard)) == 3


def test_a_single_keyframe_is_a_storyboard_and_no_animation(videos: Videos) -> None:
    outcome = overview(videos.video("one.mp4", gop=1000, duration_s=12))
    assert numbers(tiles(outcome.storyboard)) == [0, 0, 0]
    assert outcome.preview is None


def test_a_video_of_one_frame_has_a_tile(videos: Videos) -> None:
    outcome = overview(videos.video("still.mp4", duration_s=1 / 25))
    assert numbers(tiles(outcome.storyboard)) == [0]
    assert outcome.preview is None


def test_pictures_that_are_all_alike_are_no_animation(tmp_path: Path) -> None:
    still = tmp_path / "still.mp4"
    options = ("-c:v", "libx264", "-preset", "veryfast", "-threads", "1", "-pix_fmt", "yuv420p", "-g", "25")
    frame = draw_frame(7, size_px=SMALL_PX)
    encode_video((frame for _ in range(300)), still, fps=25, inputs=(), options=options)
    outcome = overview(still)
    assert numbers(tiles(outcome.storyboard)) == [7, 7, 7]
    assert outcome.preview is None


def test_an_animation_tells_the_frames_that_it_has(tmp_path: Path) -> None:
    """Alike pictures become one: of 12 s, the second half shows the same."""
    path = tmp_path / "halted.mp4"
    options = ("-c:v", "libx264", "-preset", "veryfast", "-threads", "1", "-pix_fmt", "yuv420p", "-g", "25")
    drawn = (draw_frame(min(number, 150), size_px=SMALL_PX) for number in range(300))
    encode_video(drawn, path, fps=25, inputs=(), options=options)
    preview = overview(path).preview
    shown = numbers(frames(preview))
    assert shown == sorted(set(shown))
    assert 5 <= len(shown) < 10
    assert shown[-1] == 150


def test_storyboard_reuses_near_keyframes_beyond_its_read_limit(videos: Videos) -> None:
    """The allowance is some frames: it ends after the first batch, whose eight keyframes lie over the whole video."""
    content = videos.video("large.mp4", duration_s=100, fps=5, gop=5, **SMALL).read_bytes()
    reader = RangedReader(lambda offset, length: content[offset : offset + length], len(content))
    options = ThumbnailOptions(storyboard=True)
    outcome = extract(reader, options, SearchLimits(read_bytes=128 * 1024, cpu_s=1e6))
    assert outcome.state is VideoState.DONE
    shown = numbers(tiles(outcome.storyboard))
    assert len(shown) == 20
    assert shown == sorted(shown)
    assert 3 <= len(set(shown)) < 20
    nothing = extract(reader, options, SearchLimits(read_bytes=0, cpu_s=1e6))
    assert (nothing.state, nothing.storyboard) == (VideoState.DONE, None)
    assert nothing.pictures == outcome.pictures


@given(st.integers(0, 300))
def test_coarse_order_is_complete_and_halves_the_gaps(count: int) -> None:
    order = list(order_coarse_first(count))
    assert sorted(order) == list(range(count))
    for power in range(1, 9):
        begun = sorted(order[: 1 << power])
        if len(begun) < count:
            gaps = [later - earlier for earlier, later in pairwise(begun)]
            assert max(gaps) <= 2 * min(gaps)


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 500))
def test_fitted_size_is_no_larger_and_keeps_proportions(width: int, height: int, most_px: int) -> None:
    across, down = fit_square((height, width, 3), most_px)
    assert 1 <= across <= min(width, most_px)
    assert 1 <= down <= min(height, most_px)
    assert across == pytest.approx(max(down * width / height, 1), abs=1 + width / height)


def test_a_sheet_is_filled_row_by_row() -> None:
    images = [np.full((2, 3, 3), value, np.uint8) for value in (10, 20, 30)]
    (sheet,) = compose_sheets(images, arrange_tiles(3, 2))
    assert sheet[:, :, 0].tolist() == [[10] * 3 + [20] * 3] * 2 + [[30] * 3 + [0] * 3] * 2
