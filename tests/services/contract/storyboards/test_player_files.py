"""Files of a storyboard for players, as they are stored.

The folder `players` has them for the parsers of the players, which the tests of the dashboard run:
`services/frontend/src/features/videos/players.test.ts`.
"""

import os
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from services.contract.storyboards.bif import pack_bif, unpack_bif
from services.contract.storyboards.files import StoryboardFile, list_files
from services.contract.storyboards.layout import StoryboardFormat
from services.contract.storyboards.stored import StoredStoryboard
from tests.support.bif import read_bif

FOLDER = Path(__file__).parent / "players"

ONE = StoredStoryboard(
    key="thumbnails/one_storyboard.jpg",
    track_key="thumbnails/one_storyboard.vtt",
    interval_s=5,
    tiles=12,
    columns=10,
    rows=2,
    tile_width_px=160,
    tile_height_px=90,
    size_bytes=0,
    formats=tuple(StoryboardFormat),
)
"""The only sheet of a video of 57.25 s."""
SEVERAL = ONE.model_copy(
    update={
        "key": 'thumbnails/100% "à" $1 & b_sheet-1.webp',
        "track_key": 'thumbnails/100% "à" $1 & b_storyboard.vtt',
        "interval_s": 6.402,
        "tiles": 20,
        "columns": 3,
        "rows": 3,
        "sheets": 3,
    }
)
"""Three sheets of a video of 125 s, under a name that each format has to quote."""
CASES = {"one": (ONE, 57.25), "several": (SEVERAL, 125.0)}


def make_files(name: str, *, shown: bytes = b"x") -> list[StoryboardFile]:
    storyboard, duration_s = CASES[name]
    sheets = [shown * 10_000 * number for number in range(1, storyboard.sheets + 1)]
    frames = [b"\xff\xd8%d" % number for number in range(storyboard.tiles)]
    base = storyboard.track_key.removesuffix("_storyboard.vtt")
    return list_files(storyboard, base, duration_s, sheets=sheets, frames=frames)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("extension", ["vtt", "m3u8", "mpd"])
def test_files_for_players_are_those_that_their_parsers_read(name: str, extension: str) -> None:
    file = next(file for file in make_files(name) if file.key.endswith(f".{extension}"))
    kept = FOLDER / f"{name}.{extension}"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        kept.write_bytes(file.body)
    assert kept.read_bytes() == file.body


@pytest.mark.parametrize("name", CASES)
def test_no_text_of_another_video_has_the_same_content(name: str) -> None:
    """S3 compares contents: a late deletion of one upload's files must not match those of the next."""
    texts = {".vtt", ".m3u8", ".mpd"}
    pairs = zip(make_files(name), make_files(name, shown=b"y"), strict=True)
    same = {Path(one.key).suffix for one, other in pairs if one.body == other.body}
    assert not texts & same


def test_each_file_has_its_content_type() -> None:
    types = {file.key.rpartition(".")[2]: file.content_type for file in make_files("one")}
    assert types == {
        "jpg": "image/jpeg",
        "vtt": "text/vtt; charset=utf-8",
        "m3u8": "application/vnd.apple.mpegurl",
        "mpd": "application/dash+xml",
        "bif": "application/octet-stream",
    }


def test_names_are_quoted_in_a_dash_manifest() -> None:
    file = next(file for file in make_files("several") if file.key.endswith(".mpd"))
    root = ET.fromstring(file.body)  # noqa: S314 - our own document
    template = root.find(".//{urn:mpeg:dash:schema:mpd:2011}SegmentTemplate")
    assert template is not None
    assert template.get("media") == "100%25%20%22%C3%A0%22%20%241%20%26%20b_sheet-$Number$.webp"


def test_a_bif_has_times_in_milliseconds_and_all_pictures() -> None:
    packed = pack_bif([b"one", b"second"], 6.402)
    assert read_bif(packed) == [(0, b"one"), (6402, b"second")]
    assert unpack_bif(packed) == [b"one", b"second"]
