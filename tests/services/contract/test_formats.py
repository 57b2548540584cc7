"""Uploads that count as videos."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contract.formats import VIDEO_EXTENSIONS, get_content_type, is_video_name, split_extension

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(stem=TEXT, extension=st.sampled_from(VIDEO_EXTENSIONS), data=st.data())
def test_an_extension_counts_in_any_case(stem: str, extension: str, data: st.DataObject) -> None:
    mixed = "".join(data.draw(st.sampled_from([letter.lower(), letter.upper()])) for letter in extension)
    assert is_video_name(stem + mixed)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "mp4",
        "video",
        "video.",
        "video.mp4.",
        "video.mp4 ",
        "video.mp4/",
        "video.mp3",
        "video.tsx",
        "a.mp4/poster.jpg",
    ],
)
def test_what_ends_otherwise_is_no_video(name: str) -> None:
    assert not is_video_name(name)


def test_other_extensions_count_if_they_are_given() -> None:
    assert is_video_name("a.MXF", (".mxf",))
    assert not is_video_name("a.mp4", (".mxf",))


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("a.MP4", "video/mp4"), ("a.mxf", "application/mxf"), ("a.cin", "application/octet-stream")],
)
def test_a_media_type_is_known_for_every_name(name: str, media_type: str) -> None:
    assert get_content_type(name) == media_type


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a.mp4", ("a", ".mp4")),
        ("a.MP4", ("a", ".MP4")),
        ("a.mov.mp4", ("a.mov", ".mp4")),
        (".mp4", ("", ".mp4")),
        ("a.", ("a", ".")),
        ("a", ("a", "")),
        ("", ("", "")),
    ],
)
def test_a_name_is_split_at_its_last_dot(name: str, parts: tuple[str, str]) -> None:
    assert split_extension(name) == parts


@given(TEXT)
def test_stem_and_extension_are_the_whole_name(name: str) -> None:
    assert "".join(split_extension(name)) == name
