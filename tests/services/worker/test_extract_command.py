"""`python -m services.worker extract` as people and checks run it: its output, exit status and files.

Most tests call the command's `main`, because a process imports for longer than it extracts.
"""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from services.worker import extract_command
from services.worker.__main__ import main
from tests.support.extracted import SharedSandbox
from tests.support.videos import ENCRYPTED, INDEX_FIRST, Videos, frame_number

ROOT = Path(__file__).parents[3]

Done = subprocess.CompletedProcess[str]

KEYS = {
    *("video", "state", "reason_code", "reason", "duration_s", "width_px", "height_px", "codec", "container"),
    *("thumbnails", "index_failure", "bytes_read", "requests", "cpu_s"),
}
THUMBNAIL_KEYS = {"position_pct", "time_s", "file", "width_px", "height_px", "size_bytes", "note"}


def run(folder: Path, *arguments: object, columns: int = 200) -> Done:
    """Call the command in a folder, with the streams and the environment of a process of its own.

    Its children come from the fork server of the other tests.
    """
    given = ["extract", *map(str, arguments)]
    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    errors = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        patch.chdir(folder)
        patch.setattr(extract_command, "Sandbox", SharedSandbox)
        patch.setenv("COLUMNS", str(columns))
        patch.setattr(sys, "argv", ["services.worker", *given])
        try:
            status = main()
        except SystemExit as end:
            status = int(end.code or 0)
    said = []
    for stream in (output, errors):
        stream.seek(0)
        said.append(stream.read())
    return subprocess.CompletedProcess(given, status, *said)


def run_process(folder: Path, *arguments: object) -> Done:
    """Run the command in a process, and assert that it prints no traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "services.worker", "extract", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=300,
    )
    assert "Traceback" not in done.stderr
    return done


def reports(folder: Path, *arguments: object, status: int = 0, call: Callable[..., Done] = run) -> list[dict[str, Any]]:
    """Return the output of the command with --json: one object per line."""
    done = call(folder, *arguments, "--output", "out", "--json")
    assert (done.returncode, done.stderr) == (status, "")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(set(report) == KEYS for report in found)
    return found


def numbers(folder: Path, report: dict[str, Any]) -> list[int]:
    """Return the frame numbers in the files of a report."""
    found = []
    for thumbnail in report["thumbnails"]:
        content = (folder / thumbnail["file"]).read_bytes()
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
        assert set(thumbnail) == THUMBNAIL_KEYS
        assert (thumbnail["width_px"], thumbnail["height_px"]) == (image.shape[1], image.shape[0])
        assert thumbnail["size_bytes"] == len(content)
        found.append(frame_number(image.astype(np.uint8)))
    return found


SHOWN = [0, 50, 75]
"""Of 100 frames, of which every 25th is a keyframe: the keyframes nearest to 10, 50 and 95 %."""


@pytest.fixture
def folder(tmp_path: Path, videos: Videos) -> Path:
    """Return a folder with a video of 100 frames, `film.mp4`."""
    shutil.copy(videos.video("a.mp4"), tmp_path / "film.mp4")
    return tmp_path


@pytest.mark.parametrize("call", [run, run_process])
def test_a_video_gives_a_line_and_its_thumbnails(folder: Path, call: Callable[..., Done]) -> None:
    (report,) = reports(folder, "film.mp4", call=call)
    assert numbers(folder, report) == SHOWN
    assert [thumbnail["file"] for thumbnail in report["thumbnails"]] == [f"out/film_{n}.jpg" for n in (1, 2, 3)]
    assert [(thumbnail["position_pct"], thumbnail["time_s"]) for thumbnail in report["thumbnails"]] == [
        (10, 0.0),
        (50, 2.0),
        (95, 3.0),
    ]
    expected = {
        "video": "film.mp4",
        "state": "done",
        "reason_code": None,
        "reason": None,
        "duration_s": 4.0,
        "width_px": 640,
        "height_px": 360,
        "codec": "h264",
        "container": "mp4",
        "index_failure": None,
    }
    assert {key: report[key] for key in expected} == expected
    assert report["bytes_read"] > 0
    assert report["requests"] > 0
    assert report["cpu_s"] > 0


def test_positions_and_width_are_chosen(folder: Path) -> None:
    (report,) = reports(folder, "film.mp4", "--positions", "1,25,75.0,99", "--width", 160)
    assert numbers(folder, report) == [0, 25, 75, 75]
    assert {thumbnail["width_px"] for thumbnail in report["thumbnails"]} == {160}


def test_format_quality_and_smart_are_options(folder: Path) -> None:
    (fine,) = reports(folder, "film.mp4", "--format", "webp", "--quality", 90, "--no-smart")
    (coarse,) = reports(folder, "film.mp4", "--format", "webp", "--quality", 5)
    assert [thumbnail["file"] for thumbnail in fine["thumbnails"]] == [f"out/film_{n}.webp" for n in (1, 2, 3)]
    assert coarse["thumbnails"][0]["size_bytes"] < fine["thumbnails"][0]["size_bytes"]
    assert (folder / "out/film_1.webp").read_bytes()[8:12] == b"WEBP"


def test_a_storyboard_and_a_preview_lie_beside_the_thumbnails(folder: Path) -> None:
    done = run(folder, "film.mp4", "--output", "out", "--json", "--storyboard", "--preview")
    report = json.loads(done.stdout)
    assert (report["storyboard"], report["preview"]) == ("out/film_storyboard.jpg", "out/film_preview.webp")
    assert set(report) == KEYS | {"storyboard", "preview"}
    assert (folder / "out/film_preview.webp").read_bytes()[8:12] == b"WEBP"
    track = (folder / "out/film_storyboard.vtt").read_text()
    assert track.endswith("00:00:00.000 --> 00:00:04.000\nfilm_storyboard.jpg#xywh=0,0,160,90\n")


def test_a_storyboard_has_the_files_of_the_chosen_formats(folder: Path) -> None:
    run(folder, "film.mp4", "--output", "out", "--storyboard", "--storyboard-formats", "bif,hls,dash")
    files = {file.name for file in (folder / "out").glob("film_storyboard.*")}
    assert files == {f"film_storyboard.{extension}" for extension in ("jpg", "vtt", "m3u8", "mpd", "bif")}
    wrong = run(folder, "film.mp4", "--output", "out", "--storyboard-formats", "smooth")
    assert (wrong.returncode, "'smooth': names are hls, dash, bif" in wrong.stderr) == (2, True)


def test_a_video_that_gives_no_overview_says_so(folder: Path) -> None:
    (folder / "diary.mp4").write_text("Dear diary")
    done = run(folder, "diary.mp4", "--output", "out", "--json", "--storyboard", "--preview")
    report = json.loads(done.stdout)
    assert (done.returncode, report["state"], report["storyboard"], report["preview"]) == (1, "failed", None, None)


def test_videos_keep_the_order_of_the_arguments(folder: Path, videos: Videos) -> None:
    shutil.copy(videos.video("late.mkv", codec="hevc"), folder / "a.mkv")
    found = reports(folder, "film.mp4", "a.mkv", "film.mp4")
    assert [report["video"] for report in found] == ["film.mp4", "a.mkv", "film.mp4"]


def test_what_fails_has_a_reason_and_fails_the_command(folder: Path, videos: Videos) -> None:
    shutil.copy(videos.video("protected.mp4", options=ENCRYPTED), folder / "protected.mp4")
    (folder / "diary.mp4").write_text("Dear diary")
    found = reports(folder, "protected.mp4", "missing.mp4", "film.mp4", "diary.mp4", status=1)
    assert [(report["state"], report["reason_code"]) for report in found] == [
        ("failed", "encrypted"),
        ("failed", "storage"),
        ("done", None),
        ("failed", "not_a_video"),
    ]
    assert all(bool(report["reason"]) is (report["state"] == "failed") for report in found)
    assert [len(report["thumbnails"]) for report in found] == [0, 0, 3, 0]
    assert sorted(file.name for file in (folder / "out").iterdir()) == ["film_1.jpg", "film_2.jpg", "film_3.jpg"]


def test_a_degraded_video_does_not_fail_the_command(folder: Path, videos: Videos) -> None:
    whole = videos.video("whole.mp4", options=INDEX_FIRST, duration_s=8)
    shutil.copy(videos.cut(whole, keep=0.6), folder / "cut.mp4")
    (report,) = reports(folder, "cut.mp4")
    assert (report["state"], report["reason_code"]) == ("degraded", "incomplete")
    assert len(numbers(folder, report)) == 3


def test_a_folder_includes_its_subfolders(folder: Path) -> None:
    for name in ("clips/b.MP4", "clips/deep/er/a.mp4", "clips/notes.txt", "clips/poster.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / "film.mp4", folder / name)
    found = reports(folder, "clips")
    assert [report["video"] for report in found] == ["clips/b.MP4", "clips/deep/er/a.mp4"]


def test_a_folder_without_videos_is_said_to_be_one(folder: Path) -> None:
    (folder / "empty").mkdir()
    done = run(folder, "empty", "--output", "out", "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "extract: no videos in empty\n"


def test_videos_of_one_stem_do_not_overwrite_each_other(folder: Path, videos: Videos) -> None:
    (folder / "other").mkdir()
    copies = {
        "film.mkv": videos.video("film.mkv", duration_s=2),
        "film.mov": videos.video("film.mov", duration_s=6),
        "other/film.mp4": videos.video("film.mp4", duration_s=8),
    }
    for name, video in copies.items():
        shutil.copy(video, folder / name)
    found = reports(folder, "film.mp4", *copies, "film.mp4", "film.mp4", "film.mp4")
    files = [thumbnail["file"] for report in found for thumbnail in report["thumbnails"]]
    assert len(files) == len(set(files)) == len(list((folder / "out").iterdir())) == 21
    middles = [numbers(folder, report)[1] for report in found]
    assert middles == [50, 25, 75, 100, 50, 50, 50]


def test_a_video_may_have_any_name(folder: Path) -> None:
    names = [
        "with space + 100%.mp4",
        "[red]not markup[ ] [ b].mp4",
        "Crème brûlée 🎬.mp4",
        "-dash.mp4",
        ".mp4",
        "x" * 251 + ".mp4",
        "é" * 125 + ".mp4",
        os.fsdecode(b"no unicode \xff\xfe.mp4"),
    ]
    for name in names:
        shutil.copy(folder / "film.mp4", folder / name)
    paths = [f"./{name}" for name in names]
    found = reports(folder, *paths)
    assert [(report["video"], report["state"]) for report in found] == [(name, "done") for name in names]
    assert all(numbers(folder, report) == SHOWN for report in found)
    table = run(folder, *paths, "--output", "out", columns=500)
    assert table.returncode == 0
    for name in names:
        assert name.encode(errors="replace").decode() in table.stdout


def test_a_name_that_would_deceive_is_shown_with_escapes(folder: Path) -> None:
    name = "photo\u202egpj\x1b[2J\r.mp4"
    shutil.copy(folder / "film.mp4", folder / name)
    table = run(folder, name, "missing\u202e.mp4", "--output", "out", columns=500)
    assert table.returncode == 1
    assert r"photo\u202egpj\u001b[2J\u000d.mp4" in table.stdout
    assert r"missing\u202e.mp4" in table.stdout
    assert not {"\u202e", "\x1b", "\r"} & set(table.stdout)
    nothing = run(folder, "--output", "out", "empty\u202e", columns=500)
    assert "\u202e" not in nothing.stdout + nothing.stderr


def test_a_named_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe.mp4")
    (report,) = reports(folder, "pipe.mp4", status=1)
    assert report["state"] == "failed"


def test_table_has_a_row_per_video_and_reasons_below(folder: Path) -> None:
    (folder / "diary.mp4").write_text("Dear diary")
    done = run(folder, "film.mp4", "diary.mp4", "missing.mp4", "--output", "out")
    assert done.returncode == 1
    film, diary, missing = (
        next(line for line in done.stdout.splitlines() if name in line) for name in ("film.mp4", "diary", "missing")
    )
    for fact in ("done", "4.00 s", "640x360", "h264", "0.00, 2.00, 3.00"):
        assert fact in film
    assert "failed" in diary
    assert "failed" in missing
    assert "\ndiary.mp4:\n  The file is not a video: FFmpeg recognises no format." in done.stdout
    assert "No such file or directory" in done.stdout
    assert done.stdout.endswith("\n3 thumbnails are in out\n")


def test_table_fits_80_columns(folder: Path) -> None:
    long = "A film with a name as people give them, of 2026 (final).mp4"
    shutil.move(folder / "film.mp4", folder / long)
    done = run(folder, long, "--output", "out", columns=80)
    lines = done.stdout.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert "…" not in done.stdout
    assert lines[1].startswith("A film")
    assert all(fact in lines[1] for fact in ("done", "4.00 s", "640x360", "h264", "MB", "ms"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["film.mp4"], "required: --output"),
        (["film.mp4", "--output", "out", "--positions", "50,10"], "'50,10': positions ascend, each once"),
        (
            ["film.mp4", "--output", "out", "--width", "8"],
            "argument --width: '8': Input should be greater than or equal",
        ),
        (["film.mp4", "--output", "out", "--quality", "best"], "argument --quality: 'best': not a whole number"),
        (["film.mp4", "--output", "out", "--format", "gif"], "argument --format: invalid choice: 'gif'"),
    ],
)
def test_bad_arguments_are_explained_in_one_line(folder: Path, arguments: list[str], message: str) -> None:
    done = run(folder, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr.splitlines()[-1]
    assert not (folder / "out").exists()


def test_an_unwritable_output_is_explained_in_one_line(folder: Path) -> None:
    done = run(folder, "film.mp4", "--output", "film.mp4", "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("extract: the thumbnails cannot be written: ")
    assert len(done.stderr.splitlines()) == 1


def test_help_tells_how_to_call_it(folder: Path) -> None:
    done = run(folder, "--help")
    assert done.returncode == 0
    for option in ("VIDEO", "--output", "--json", "--positions", "--width", "default: 10,50,95", "default: 640"):
        assert option in done.stdout
