"""`./noxw conformance`: it agrees with right thumbnails, and finds planted mistakes."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import imageio_ffmpeg
import pytest

from benchmarks.conformance import __main__ as command
from benchmarks.conformance.comparison import FileResult, Verdict, compare_file
from benchmarks.conformance.ffmpeg import Reference
from services.contract.records import ReasonCode
from services.contract.thumbnails import ThumbnailOptions
from services.local.samples import run_ffmpeg
from services.worker.extraction.outcome import ExtractionError, Outcome
from services.worker.extraction.sandbox.sandbox import Sandbox
from tests.support.extracted import SharedSandbox
from tests.support.videos import Videos

FPS = 10
FRAMES = 20


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with SharedSandbox(ThumbnailOptions(quality=95)) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def film(videos: Videos) -> Path:
    """Return a video whose pictures are turned and stretched for display."""
    return videos.video(
        "film.mp4", duration_s=FRAMES / FPS, fps=FPS, gop=5, sar="3:4", rotation_deg=90, width_px=320, height_px=160
    )


@pytest.fixture(scope="module")
def outcome(film: Path, sandbox: Sandbox) -> Outcome:
    return command.extract(sandbox, film)


def compare(film: Path, outcome: Outcome) -> FileResult:
    return compare_file(film, outcome, Reference(imageio_ffmpeg.get_ffmpeg_exe()))


def with_time(outcome: Outcome, time_s: float) -> Outcome:
    """Return the outcome with another time of its second picture."""
    first, second, third = outcome.pictures
    return replace(outcome, pictures=(first, replace(second, time_s=time_s), third))


def test_right_thumbnails_of_a_turned_video_agree(film: Path, outcome: Outcome) -> None:
    result = compare(film, outcome)
    assert result.disagreements == ()
    assert [picture.verdict for picture in result.pictures] == [Verdict.EQUAL] * 3
    assert result.ffmpeg_duration_s == pytest.approx(FRAMES / FPS)


def test_subtitles_before_the_first_picture_do_not_count(film: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    text = tmp_path / "text.srt"
    text.write_text("1\n00:00:00,000 --> 00:00:01,000\nEarly\n", encoding="utf-8")
    path = tmp_path / "film.mkv"
    run_ffmpeg(["-itsoffset", "0.5", "-i", str(film), "-i", str(text), "-map", "0", "-map", "1", "-c:v", "copy"], path)
    result = compare(path, command.extract(sandbox, path))
    assert result.disagreements == ()
    assert result.pictures[0].time_s == 0


def test_a_stream_without_a_container_begins_at_zero(videos: Videos, sandbox: Sandbox) -> None:
    path = videos.video("film.h264", duration_s=0.1, fps=FPS, width_px=320, height_px=160, options=("-bf", "2"))
    result = compare(path, command.extract(sandbox, path))
    assert result.disagreements == ()
    assert [picture.verdict for picture in result.pictures] == [Verdict.EQUAL] * 3


@pytest.mark.parametrize("frames", [-1, 7])
def test_a_planted_wrong_time_names_the_right_one(film: Path, outcome: Outcome, frames: int) -> None:
    right_s = outcome.pictures[1].time_s
    result = compare(film, with_time(outcome, right_s + frames / FPS))
    assert [picture.verdict for picture in result.pictures] == [Verdict.EQUAL, Verdict.NEIGHBOUR, Verdict.EQUAL]
    assert result.pictures[1].right_time_s == pytest.approx(right_s, abs=0.001)
    (sentence,) = result.disagreements
    assert f"the frame of {right_s:.3f} s fits best" in sentence


def test_a_planted_wrong_duration_is_found(film: Path, outcome: Outcome) -> None:
    assert outcome.info is not None
    result = compare(film, replace(outcome, info=replace(outcome.info, duration_s=2.3)))
    assert result.is_duration_wrong
    assert result.disagreements == ("duration 2.300 s, FFmpeg 2.000 s (header 2.00 s)",)


def test_a_planted_wrong_size_is_found(film: Path, outcome: Outcome) -> None:
    assert outcome.info is not None
    result = compare(film, replace(outcome, info=replace(outcome.info, width_px=320, height_px=160)))
    assert result.disagreements == ("size 320x160, FFmpeg 160x320",)


@pytest.mark.parametrize(("code", "count"), [(ReasonCode.DAMAGED, 1), (ReasonCode.ENCRYPTED, 0)])
def test_a_refusal_disagrees_unless_it_is_a_stated_limit(film: Path, code: ReasonCode, count: int) -> None:
    result = compare(film, Outcome.failed(ExtractionError(code, "No.")))
    assert result.is_decoded
    assert len(result.disagreements) == count


def test_command_reports_a_folder_as_table_and_json(
    film: Path,
    outcome: Outcome,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    shutil.copy(film, folder / "-right.mp4")
    shutil.copy(film, folder / "wrong [b]: 1.mp4")
    (folder / "notes.txt").write_text("no video")
    none = Outcome.failed(ExtractionError(ReasonCode.NOT_A_VIDEO, "The file is no video."))
    outcomes = {"-right.mp4": outcome, "wrong [b]: 1.mp4": with_time(outcome, 0.0), "notes.txt": none}
    monkeypatch.setattr(command, "extract", lambda _, path: outcomes[path.name])

    assert command.main([str(folder), "--json", str(tmp_path / "found.json")]) == 1
    (folder / "wrong [b]: 1.mp4").unlink()
    output = capsys.readouterr().out
    assert "1 disagreements" in output
    assert "wrong [b]: 1.mp4: picture at 50 %, 0.000 s: " in output
    assert command.main([str(folder)]) == 0
    assert "0 disagreements" in capsys.readouterr().out

    document = json.loads((tmp_path / "found.json").read_text())
    counts = document["counts"]
    assert (counts["files"], counts["accepted"], counts["pictures"], counts[Verdict.EQUAL]) == (3, 2, 6, 5)
    assert [bool(file["disagreements"]) for file in document["files"]] == [False, False, True]


def test_without_ffmpeg_a_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def find_nothing() -> str:
        raise RuntimeError("No ffmpeg exe could be found.")

    (tmp_path / "film.mp4").touch()
    monkeypatch.delenv("IMAGEIO_FFMPEG_EXE", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", find_nothing)
    assert command.main([str(tmp_path)]) == 2
    assert "conformance: ffmpeg is missing" in capsys.readouterr().err
