"""A file that was cut off shows what there is, and says so."""

import pytest

from services.contract.records import ReasonCode, VideoState
from services.worker.extraction.sandbox.sandbox import Sandbox
from tests.support.extracted import SMALL, extract, numbers, times_s
from tests.support.videos import (
    INDEX_FIRST,
    Videos,
)


@pytest.mark.parametrize("audio", [None, "aac"])
def test_a_cut_off_video_is_shown_with_a_note(videos: Videos, sandbox: Sandbox, audio: str | None) -> None:
    whole = videos.video("a.mp4", audio=audio, **SMALL, options=INDEX_FIRST, duration_s=8)
    outcome = extract(sandbox, videos.cut(whole, keep=0.6))
    assert (outcome.state, outcome.reason_code) == (VideoState.DEGRADED, ReasonCode.INCOMPLETE)
    assert outcome.reason
    assert "s" in outcome.reason
    first, second, last = numbers(outcome)
    assert (first, second) == (20, 100)
    assert 75 <= last <= 130
    assert times_s(outcome) == pytest.approx([first / 25, second / 25, last / 25])


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mkv", "h264"), ("a.flv", "h264"), ("a.webm", "vp9"), ("a.avi", "mpeg4"), ("a.wmv", "wmv2")]
)
def test_a_file_of_any_container_may_be_cut_off(videos: Videos, sandbox: Sandbox, name: str, codec: str) -> None:
    outcome = extract(sandbox, videos.cut(videos.video(name, codec=codec, **SMALL, duration_s=8), keep=0.6))
    assert (outcome.state, outcome.reason_code) == (VideoState.DEGRADED, ReasonCode.INCOMPLETE)
    first, second, last = numbers(outcome)
    assert first in (20, 25)
    assert second == pytest.approx(100, abs=4)
    assert 75 <= last <= 130


def test_a_stream_cut_off_is_a_shorter_stream(videos: Videos, sandbox: Sandbox) -> None:
    outcome = extract(sandbox, videos.cut(videos.video("a.ts", **SMALL, duration_s=8), keep=0.6))
    assert outcome.state is VideoState.DONE
    assert outcome.info is not None
    assert outcome.info.duration_s is not None
    assert 4 < outcome.info.duration_s < 6
    expected = [outcome.info.duration_s * 25 * position / 100 for position in (10, 50, 95)]
    assert numbers(outcome) == pytest.approx(expected, abs=25)


def test_a_video_cut_off_before_its_index_is_incomplete(videos: Videos, sandbox: Sandbox) -> None:
    outcome = extract(sandbox, videos.cut(videos.video("a.mp4"), keep=0.6))
    assert (outcome.state, outcome.reason_code, outcome.pictures) == (VideoState.FAILED, ReasonCode.INCOMPLETE, ())
    assert "moov" in (outcome.reason or "")
    assert not outcome.retryable
