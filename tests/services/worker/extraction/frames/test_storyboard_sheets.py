"""Storyboards of several sheets: each tile in each format of players shows the frame of its time."""

import re
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.contract.records import VideoState
from services.contract.storyboards.files import StoryboardFile
from services.contract.storyboards.layout import StoryboardFormat, StoryboardLayout
from services.contract.storyboards.stored import StoredStoryboard
from services.contract.thumbnails import ImageFormat, ThumbnailOptions
from services.worker.extraction.outcome import Outcome
from services.worker.extraction.pixels.orientation import Image
from services.worker.extraction.reading.source import LocalFile
from services.worker.pictures import describe_storyboard
from tests.support.bif import read_bif
from tests.support.extracted import SharedSandbox
from tests.support.videos import Videos, frame_number

LAYOUT = StoryboardLayout(formats=tuple(StoryboardFormat), interval_s=1, tile_px=160, columns=3)
SHOWN = [*(10 * second + 5 for second in range(19)), 190]
"""A keyframe every half second at ten frames a second: that at the middle of each second, and the last half second."""


def decode(data: bytes) -> Image:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image.astype(np.uint8)


def extract(path: Path, layout: StoryboardLayout) -> Outcome:
    options = ThumbnailOptions(storyboard=True, storyboard_layout=layout)
    with SharedSandbox(options) as sandbox, LocalFile(path) as source:
        return sandbox.extract(source)


@cache
def make_files(path: Path) -> tuple[StoredStoryboard, tuple[StoryboardFile, ...]]:
    outcome = extract(path, LAYOUT)
    assert (outcome.state, outcome.reason) == (VideoState.DONE, None)
    assert outcome.storyboard is not None
    assert outcome.info is not None
    duration_s = outcome.info.duration_s or 0
    stored, files = describe_storyboard(outcome.storyboard, "t/a", duration_s, ImageFormat.JPEG, LAYOUT.formats)
    return stored, tuple(files)


@pytest.fixture
def files(videos: Videos) -> dict[str, bytes]:
    """Files of a video of 19.5 s, by their names: twenty tiles on three sheets, of which the last has two tiles."""
    path = videos.video("sheets.mp4", fps=10, gop=5, duration_s=19.5, width_px=320, height_px=180)
    stored, made = make_files(path)
    assert (stored.tiles, stored.sheets, stored.columns, stored.rows) == (20, 3, 3, 3)
    assert [file.key for file in made] == list(stored.keys)
    assert stored.size_bytes == sum(len(file.body) for file in made)
    return {file.key.removeprefix("t/"): file.body for file in made}


def test_a_storyboard_has_all_files_of_its_formats(files: dict[str, bytes]) -> None:
    sheets = [f"a_sheet-{number}.jpg" for number in (1, 2, 3)]
    assert list(files) == [*sheets, "a_storyboard.vtt", "a_storyboard.m3u8", "a_storyboard.mpd", "a_storyboard.bif"]
    assert {decode(files[sheet]).shape for sheet in sheets} == {(270, 480, 3)}


def test_each_cue_shows_the_frame_of_its_time(files: dict[str, bytes]) -> None:
    pattern = r"(\S+) --> (\S+)\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)\n"
    cues = re.findall(pattern, files["a_storyboard.vtt"].decode())
    shown = []
    for _, _, sheet, *place in cues:
        left, top, width, height = map(int, place)
        shown.append(frame_number(decode(files[sheet])[top : top + height, left : left + width]))
    assert shown == SHOWN
    assert cues[-1][:2] == ("00:00:19.000", "00:00:19.500")
    assert [end for _, end, *_ in cues[:-1]] == [start for start, *_ in cues[1:]]


def test_each_picture_of_a_bif_shows_the_frame_of_its_time(files: dict[str, bytes]) -> None:
    pictures = read_bif(files["a_storyboard.bif"])
    assert [time_ms for time_ms, _ in pictures] == [1000 * second for second in range(20)]
    assert [frame_number(decode(data)) for _, data in pictures] == SHOWN


def test_segments_of_a_playlist_have_the_frames_of_their_times(files: dict[str, bytes]) -> None:
    """Tile after tile, row by row, as `EXT-X-TILES` says; the last segment ends with the video."""
    playlist = files["a_storyboard.m3u8"].decode()
    pattern = r"#EXTINF:(\S+),\n#EXT-X-TILES:RESOLUTION=160x90,LAYOUT=3x3,DURATION=1.000\n(\S+)\n"
    shown = []
    for duration_s, sheet in re.findall(pattern, playlist):
        image = decode(files[sheet])
        for number in range(round(float(duration_s) + 0.49)):
            row, column = divmod(number, 3)
            shown.append(frame_number(image[row * 90 : row * 90 + 90, column * 160 : column * 160 + 160]))
    assert shown == SHOWN


def test_tiles_beyond_the_end_are_black(files: dict[str, bytes]) -> None:
    last = decode(files["a_sheet-3.jpg"])
    assert last[:80, 330:].max() < 16
    assert last[100:].max() < 16


def test_many_tiles_make_several_sheets_within_the_limit(videos: Videos) -> None:
    """As many tiles as a long video has: the interval grows up to `MAX_TILES`, and each sheet is full."""
    path = videos.video("many.mp4", fps=1, gop=2, duration_s=640, width_px=320, height_px=180)
    storyboard = extract(path, StoryboardLayout(interval_s=0.5, tile_px=128, columns=32)).storyboard
    assert storyboard is not None
    assert (storyboard.interval_s, storyboard.tiles, len(storyboard.sheets)) == (0.64, 1000, 1)
    assert decode(storyboard.sheets[0].data).shape == (32 * 72, 4096, 3)
