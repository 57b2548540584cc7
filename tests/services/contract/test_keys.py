"""Keys of thumbnails: no two uploads share one, whatever their names."""

import hashlib
from collections.abc import Sequence
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contract.keys import (
    MAX_KEY_BYTES,
    MAX_POSITIONS,
    THUMBNAIL_PREFIX,
    UPLOAD_PREFIX,
    candidates_key,
    is_upload,
    manifest_key,
    picture_base,
    picture_kind,
    picture_number,
    poster_key,
    preview_key,
    sheet_key,
    storyboard_file_key,
    storyboard_key,
    storyboard_track_key,
    thumbnail_bases,
    thumbnail_key,
)
from services.contract.storyboards.layout import StoryboardFormat

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PIECES = st.sampled_from(
    ["a", "b", "_1", "_", "~", "/", "//", ".", ".mp4", ".mov", ".MP4", " ", "+", "%2F", "\0", "é", "🎬"]
)
LONG = st.builds(lambda piece, count: piece * count, PIECES, st.integers(100, 600))
UPLOADS = (
    st.lists(PIECES | ANY_TEXT | LONG, min_size=1, max_size=8)
    .map(lambda parts: UPLOAD_PREFIX + "".join(parts))
    .filter(lambda key: len(key.encode()) <= MAX_KEY_BYTES)
)


def claimed(uploads: Sequence[str]) -> dict[str, str]:
    """Return the base of each upload in this order, as the videos table assigns claims."""
    owners: dict[str, str] = {}
    bases = {}
    for upload in uploads:
        base = next(base for base in thumbnail_bases(upload) if owners.setdefault(base, upload) == upload)
        bases[upload] = base
    return bases


def thumbnails_of(base: str) -> set[str]:
    """Everything that a worker stores under a base."""
    overview = {storyboard_key(base, "webp"), storyboard_track_key(base), preview_key(base)}
    overview |= {sheet_key(base, number, "webp") for number in (1, 1000)}
    overview |= {poster_key(base, "jpg"), candidates_key(base, "avif"), manifest_key(base)}
    overview |= {storyboard_file_key(base, one.extension) for one in StoryboardFormat}
    return overview | {thumbnail_key(base, number) for number in range(1, MAX_POSITIONS + 1)}


@pytest.mark.parametrize(
    ("upload", "thumbnail"),
    [
        ("uploads/a.mp4", "thumbnails/a_1.jpg"),
        ("uploads/a.MP4", "thumbnails/a_1.jpg"),
        ("uploads/2026/07/a.b.mov", "thumbnails/2026/07/a.b_1.jpg"),
        ("uploads//a//b.mkv", "thumbnails//a//b_1.jpg"),
        ("uploads/uploads/a.mp4", "thumbnails/uploads/a_1.jpg"),
        ("uploads/dir.with.dots/a.mp4", "thumbnails/dir.with.dots/a_1.jpg"),
        ("uploads/Crème brûlée + 100% 🎬.webm", "thumbnails/Crème brûlée + 100% 🎬_1.jpg"),
        ("uploads/.mp4", "thumbnails/_1.jpg"),
    ],
)
def test_a_thumbnail_keeps_folder_and_name_of_its_video(upload: str, thumbnail: str) -> None:
    assert thumbnail_key(thumbnail_bases(upload)[0], 1) == thumbnail


def test_the_second_of_a_name_keeps_its_extension() -> None:
    assert claimed(["uploads/x/a.mp4", "uploads/x/a.mov"]) == {
        "uploads/x/a.mp4": "thumbnails/x/a",
        "uploads/x/a.mov": "thumbnails/x/a.mov",
    }


def test_thumbnails_go_under_the_prefix_that_is_set() -> None:
    assert all(base.startswith("small/ones/x/a") for base in thumbnail_bases("uploads/x/a.mp4", "small/ones/"))


def test_neighbours_share_no_thumbnail_in_any_order() -> None:
    neighbours = ("a.mp4", "a.mov", "a.MP4", "a.mov.mp4", "a_1.mp4", "a.mp4_1.mp4")
    for order in permutations(UPLOAD_PREFIX + name for name in neighbours):
        keys = {key for base in claimed(order).values() for key in thumbnails_of(base)}
        assert len(keys) == len(order) * len(thumbnails_of("")), order


@given(st.lists(UPLOADS, min_size=2, max_size=6, unique=True))
def test_no_two_uploads_share_a_thumbnail(uploads: list[str]) -> None:
    keys = [key for base in claimed(uploads).values() for key in thumbnails_of(base)]
    assert len(keys) == len(set(keys))


@given(UPLOADS)
def test_nobody_can_take_all_the_names_of_another_upload(upload: str) -> None:
    """Uploads that are named after the bases of `upload` come first, and take what they can."""
    rivals = {
        UPLOAD_PREFIX + base.removeprefix(THUMBNAIL_PREFIX) + extension
        for base in thumbnail_bases(upload)
        for extension in ("", ".mp4", ".mov")
    }
    uploads = [*sorted(rival for rival in rivals - {upload} if len(rival.encode()) <= MAX_KEY_BYTES), upload]
    bases = claimed(uploads)
    assert len(set(bases.values())) == len(uploads)


@given(UPLOADS)
def test_an_upload_that_comes_again_keeps_its_base(upload: str) -> None:
    rival = upload + ".mp4"
    assert claimed([upload, rival, upload])[upload] == thumbnail_bases(upload)[0]


@given(UPLOADS, st.integers(1, MAX_POSITIONS), st.sampled_from([THUMBNAIL_PREFIX, "é" * 100 + "/"]))
def test_every_thumbnail_key_is_one_that_s3_takes(upload: str, number: int, prefix: str) -> None:
    for base in thumbnail_bases(upload, prefix):
        key = thumbnail_key(base, number).encode()
        assert len(key) <= MAX_KEY_BYTES
        assert key.decode().startswith(prefix)


@pytest.mark.parametrize("start", ["", "a"], ids=["between characters", "within a character"])
def test_a_long_name_is_cut_and_stays_unique(start: str) -> None:
    uploads = [f"{UPLOAD_PREFIX}{start}{'é' * 502}{letter}.mp4" for letter in "abcd"]
    bases = claimed(uploads)
    assert len(set(bases.values())) == len(uploads)
    assert all(base.startswith(THUMBNAIL_PREFIX + start + "é" * 480) for base in bases.values())


def test_a_name_is_cut_only_for_too_long_keys() -> None:
    room = MAX_KEY_BYTES - len(THUMBNAIL_PREFIX) - len("_storyboard.webp")
    fits, long = (f"{UPLOAD_PREFIX}{'a' * length}.mp4" for length in (room, room + 1))
    mark = "~" + hashlib.sha256(long.encode()).hexdigest()[:16]

    assert thumbnail_bases(fits)[0] == THUMBNAIL_PREFIX + "a" * room
    assert [base.endswith(mark) for base in thumbnail_bases(long)] == [True] * 3


def test_a_dot_in_a_folder_begins_no_extension() -> None:
    assert thumbnail_bases("uploads/a.b/c")[0] == "thumbnails/a.b/c"


@pytest.mark.parametrize(
    ("key", "answer"),
    [("uploads/a.mp4", True), ("uploads/", True), ("Uploads/a.mp4", False), ("thumbnails/a_1.jpg", False), ("", False)],
)
def test_an_upload_lies_under_the_uploads(key: str, *, answer: bool) -> None:
    assert is_upload(key) is answer


@given(st.lists(UPLOADS, min_size=2, max_size=5, unique=True))
def test_a_picture_s_base_is_its_upload_s(uploads: list[str]) -> None:
    for base in claimed(uploads).values():
        for key in thumbnails_of(base):
            assert picture_base(key) == base


@pytest.mark.parametrize(
    "ending", ["_1.txt", "_0.jpg", "_b_1.jpg", "_1.jpg_1.jpg", "b_1.jpg", "_storyboard.jpg/a", "1.jpg"]
)
def test_a_key_with_the_same_beginning_has_no_base(ending: str) -> None:
    assert picture_base(f"thumbnails/a{ending}") != "thumbnails/a"


@pytest.mark.parametrize("key", ["", "1.jpg", "thumbnails/a.jpg", "thumbnails/a_0.jpg", "thumbnails/a_1.txt"])
def test_a_key_that_no_worker_gives_has_no_base(key: str) -> None:
    assert picture_base(key) is None
    assert picture_number(key) is None
    assert picture_kind(key) is None


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (thumbnail_key("thumbnails/a_b", 20, "webp"), "thumbnail"),
        (storyboard_key("thumbnails/a", "webp"), "storyboard"),
        (sheet_key("thumbnails/a", 12, "webp"), "storyboard"),
        (storyboard_track_key("thumbnails/a"), "storyboard"),
        (preview_key("thumbnails/a"), "preview"),
        (poster_key("thumbnails/a", "jpg"), "poster"),
        (candidates_key("thumbnails/a", "avif"), "candidates"),
        (manifest_key("thumbnails/a"), "manifest"),
        ("_1.jpg", None),
    ],
)
def test_a_picture_s_key_shows_its_kind(key: str, kind: str | None) -> None:
    assert picture_kind(key) == kind


def test_a_thumbnails_key_has_its_number_and_an_overview_none() -> None:
    base = "thumbnails/a_7.jpg_b"
    keys = [thumbnail_key(base, 1), thumbnail_key(base, 20, "webp"), preview_key(base), storyboard_key(base, "jpg")]
    assert [picture_number(key) for key in keys] == [1, 20, None, None]
