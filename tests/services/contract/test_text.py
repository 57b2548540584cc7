"""Foreign text that would deceive."""

import json

import pytest

from services.contract.text import dump_log_line, escape_deceptive


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("photo\u202egpj.mp4", r"photo\u202egpj.mp4"),
        ("a\x1b[2Jb\r\nc\x9b", r"a\u001b[2Jb\u000d\u000ac\u009b"),
        ("\u2066a\u2069\u200f\u061c", r"\u2066a\u2069\u200f\u061c"),
        ("a\u200bb\ufeff\u2028", r"a\u200bb\ufeff\u2028"),
        ("\U000e0041", r"\U000e0041"),
        ("\udcff", r"\udcff"),
    ],
)
def test_what_hides_or_moves_other_text_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert escape_deceptive(text) == shown
    assert escape_deceptive(shown) == shown


@pytest.mark.parametrize("text", ["Ü 日本 a.mp4", "שלום.mp4", "ک\u200cگ", "👩\u200d🔧.mov", r"a\b"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert escape_deceptive(text) == text


def test_a_line_of_the_log_shows_no_deception_and_parses_to_the_original() -> None:
    event = {"object_key": 'uploads/"\\\u202e\x1b\u2028\x85\U000e0041 日本.mp4', "count": 1}
    line = dump_log_line(event)
    assert escape_deceptive(line) == line
    assert "日本" in line
    assert json.loads(line) == event
