"""An outcome crosses the pipe whole; what a hostile child sends in its place is refused."""

import json
import math
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contract.records import ReasonCode, VideoState
from services.worker.extraction.index_failure import IndexFailure
from services.worker.extraction.outcome import (
    ChildUsage,
    ExtractedFile,
    ExtractedPicture,
    ExtractedPoster,
    ExtractedPreview,
    ExtractedStoryboard,
    ExtractionError,
    Outcome,
    ScoredFrame,
    VideoInfo,
    decode_outcome,
    encode_outcome,
)

SHARES = st.floats(0, 1)
AMOUNTS = st.floats(0, 1e12)
COUNTS = st.integers(0, 1 << 40)
TEXTS = st.text(min_size=1, max_size=50)
PICTURES = st.builds(
    ExtractedPicture, AMOUNTS, AMOUNTS, COUNTS, COUNTS, st.binary(min_size=1, max_size=200), note=st.none() | TEXTS
)
INFOS = st.builds(VideoInfo, st.none() | AMOUNTS, COUNTS, COUNTS, TEXTS, TEXTS)
FEW = st.integers(1, 1000)
FILES = st.binary(min_size=1, max_size=200)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.]{0,63}", fullmatch=True)
LINES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=200)
STORYBOARDS = st.builds(
    lambda interval_s, width_px, height_px, files, has_frames: ExtractedStoryboard(
        interval_s, len(files), 1, 1, width_px, height_px, tuple(files), tuple(files) if has_frames else ()
    ),
    st.floats(0.001, 1e9),
    FEW,
    FEW,
    st.lists(st.builds(ExtractedFile, FILES), min_size=1, max_size=5),
    st.booleans(),
)
SUCCESSES = st.builds(
    Outcome,
    st.just(VideoState.DONE),
    info=INFOS,
    pictures=st.lists(PICTURES, min_size=1, max_size=20).map(tuple),
    storyboard=st.none() | STORYBOARDS,
    preview=st.none() | st.builds(ExtractedPreview, FEW, AMOUNTS, FEW, FEW, FILES),
    poster=st.none()
    | st.builds(
        ExtractedPoster,
        AMOUNTS,
        FEW,
        FEW,
        FEW,
        FEW,
        st.builds(ExtractedFile, FILES),
        st.lists(
            st.builds(ScoredFrame, AMOUNTS, *[SHARES] * 6, st.none() | SHARES, st.none() | TEXTS),
            min_size=1,
            max_size=6,
        ).map(tuple),
        FILES,
    ),
    index_failure=st.none() | st.builds(IndexFailure, NAMES, NAMES, LINES, LINES),
    usage=st.builds(ChildUsage, COUNTS, COUNTS, AMOUNTS, AMOUNTS),
)
CODES = st.sampled_from(ReasonCode)
DEGRADED = st.builds(
    lambda outcome, code, reason: replace(outcome, state=VideoState.DEGRADED, reason_code=code, reason=reason),
    SUCCESSES,
    CODES,
    TEXTS,
)
FAILURES = st.builds(
    lambda code, reason, retryable, info: Outcome.failed(ExtractionError(code, reason, retryable=retryable), info),
    CODES,
    TEXTS,
    st.booleans(),
    st.none() | INFOS,
)
OUTCOMES = SUCCESSES | DEGRADED | FAILURES

DONE = Outcome(
    VideoState.DONE,
    info=VideoInfo(4.0, 640, 360, "h264", "mp4"),
    pictures=(ExtractedPicture(10.0, 0.4, 640, 360, b"first"), ExtractedPicture(50.0, 2.0, 640, 360, b"second")),
    storyboard=ExtractedStoryboard(5.0, 1, 1, 1, 160, 90, (ExtractedFile(b"sheet"),), (ExtractedFile(b"tile"),)),
    preview=ExtractedPreview(2, 1.0, 320, 180, b"animation"),
    poster=ExtractedPoster(
        2.0, 640, 360, 160, 90, ExtractedFile(b"strip"), (ScoredFrame(2.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5),), b"poster"
    ),
)


def altered(change: Callable[[dict[str, Any]], object], outcome: Outcome = DONE) -> bytes:
    """Return the bytes of an outcome that a lying child sends."""
    data = encode_outcome(outcome)
    length = int.from_bytes(data[:4])
    document = json.loads(data[4 : 4 + length])
    change(document)
    head = json.dumps(document).encode()
    return len(head).to_bytes(4) + head + data[4 + length :]


@given(OUTCOMES)
def test_an_outcome_is_read_back_as_it_was(outcome: Outcome) -> None:
    assert decode_outcome(encode_outcome(outcome)) == outcome


@given(OUTCOMES, st.data())
def test_a_part_of_an_outcome_is_none(outcome: Outcome, data: st.DataObject) -> None:
    encoded = encode_outcome(outcome)
    end = data.draw(st.integers(0, len(encoded) - 1))
    with pytest.raises(ValueError, match="not an outcome"):
        decode_outcome(encoded[:end])


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not an outcome"):
        decode_outcome(data)


@given(OUTCOMES, st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=5))
def test_an_altered_outcome_is_refused_or_makes_sense(outcome: Outcome, changes: list[tuple[int, int]]) -> None:
    data = bytearray(encode_outcome(outcome))
    for place, value in changes:
        data[place % len(data)] = value
    try:
        read = decode_outcome(bytes(data))
    except ValueError:
        return
    numbers = [number for picture in read.pictures for number in (picture.position_pct, picture.time_s)]
    assert all(math.isfinite(number) and number >= 0 for number in numbers)
    assert bool(read.pictures) is (read.state is not VideoState.FAILED)
    assert bool(read.reason) is (read.state is not VideoState.DONE)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


FIELDS = [field.name for field in fields(Outcome)]


@given(st.sampled_from(FIELDS), JSON_VALUES)
def test_a_field_of_any_type_is_refused_or_valid(name: str, value: object) -> None:
    try:
        read = decode_outcome(altered(lambda document: document.update({name: value})))
    except ValueError:
        return
    assert isinstance(read.state, VideoState)
    assert isinstance(read.retryable, bool)
    assert read.reason is None or isinstance(read.reason, str)


NONSENSE: list[Callable[[dict[str, Any]], object]] = [
    lambda document: document.update(state="processing"),
    lambda document: document.update(state="failed"),
    lambda document: document.update(state="degraded"),
    lambda document: document.update(pictures=[]),
    lambda document: document.update(info=None),
    lambda document: document.update(reason_code="damaged", reason="It is."),
    lambda document: document.pop("state"),
    lambda document: document["pictures"][0].update(data=10**9),
    lambda document: document["pictures"][0].update(data=-1),
    lambda document: document["pictures"][0].update(data=2.0),
    lambda document: document["pictures"][0].update(data=math.inf),
    lambda document: document["pictures"][0].update(time_s=math.nan),
    lambda document: document["pictures"][0].update(time_s=-1),
    lambda document: document["pictures"][0].update(width_px="wide"),
    lambda document: document["info"].update(duration_s=math.inf),
    lambda document: document["storyboard"]["sheets"][0].update(data=10**9),
    lambda document: document["storyboard"].update(sheets=[]),
    lambda document: document["storyboard"].update(frames=document["storyboard"]["frames"] * 2),
    lambda document: document["storyboard"].update(interval_s=0),
    lambda document: document["storyboard"].update(tiles=10**9),
    lambda document: document["storyboard"].update(tiles=0),
    lambda document: document["storyboard"].update(interval_s=math.nan),
    lambda document: document["preview"].update(frames=-1),
    lambda document: document["poster"].update(candidates=[]),
    lambda document: document["poster"].update(candidates=document["poster"]["candidates"] * 7),
    lambda document: document["poster"]["candidates"][0].update(score=1.5),
    lambda document: document["poster"]["strip"].update(data=10**9),
    lambda document: document.update(state="failed", pictures=[], reason_code="damaged", reason="It is."),
    lambda document: document["info"].update(codec="h264" * 1000),
]


@pytest.mark.parametrize("change", NONSENSE, ids=[str(number) for number in range(len(NONSENSE))])
def test_an_outcome_that_makes_no_sense_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(ValueError, match="not an outcome"):
        decode_outcome(altered(change))


def test_a_failure_without_a_reason_is_refused() -> None:
    failure = Outcome.failed(ExtractionError(ReasonCode.DAMAGED, "It is damaged."))
    with pytest.raises(ValueError, match="not an outcome"):
        decode_outcome(altered(lambda document: document.update(reason=None), failure))


def test_json_without_an_end_in_sight_is_refused() -> None:
    head = b"[" * 1_000_000
    with pytest.raises(ValueError, match="not an outcome"):
        decode_outcome(len(head).to_bytes(4) + head)


def test_a_failure_says_whether_another_try_is_worth_it() -> None:
    error = ExtractionError(ReasonCode.STORAGE, "The bucket is slow.", retryable=True)
    outcome = Outcome.failed(error)
    assert (outcome.state, outcome.reason_code, outcome.reason, outcome.retryable, outcome.pictures) == (
        VideoState.FAILED,
        ReasonCode.STORAGE,
        "The bucket is slow.",
        True,
        (),
    )
