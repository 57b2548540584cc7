"""Foreign text that would deceive."""

import json

import pytest

from services.contract.text import dump_log_line, escape_deceptive, fold_text


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
def test_deceptive_characters_are_escaped(text: str, shown: str) -> None:
    assert escape_deceptive(text) == shown
    assert escape_deceptive(shown) == shown


@pytest.mark.parametrize("text", ["Ü 日本 a.mp4", "שלום.mp4", "ک\u200cگ", "👩\u200d🔧.mov", r"a\b"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert escape_deceptive(text) == text


def test_a_log_line_is_escaped_and_parses_back() -> None:
    event = {"object_key": 'uploads/"\\\u202e\x1b\u2028\x85\U000e0041 日本.mp4', "count": 1}
    line = dump_log_line(event)
    assert escape_deceptive(line) == line
    assert "日本" in line
    assert json.loads(line) == event


def test_a_search_ignores_case_and_accents() -> None:
    assert fold_text("CRÈME Brûlée") == "creme brulee"
    assert fold_text("Cafe\u0301") == fold_text("CAFÉ") == "cafe"
    assert fold_text("Straße") == "strasse"
