"""The demo with file names that are as long as a file system allows, or longer."""

import os
import subprocess
import sys
from pathlib import Path

from services.contract.records import VideoState
from services.local.follow import download_thumbnails
from tests.support.driver import Driver
from tests.support.videos import Videos

LONGEST = "n" * 251 + ".mp4"


def demo(data: Path, *files: Path | str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.local", "--once", "--data", str(data), "--upload", *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=500)


def test_the_demo_accepts_the_longest_file_name(tmp_path: Path, videos: Videos) -> None:
    (tmp_path / LONGEST).symlink_to(videos.video("clip.mp4", duration_s=4))
    (tmp_path / "plain.mp4").symlink_to(videos.video("clip.mp4", duration_s=4))

    ended = demo(tmp_path / "data", tmp_path / LONGEST, tmp_path / "plain.mp4")

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    said = " ".join(ended.stdout.split())
    assert "is too long for a file" in said
    copies = sorted(file.name for file in (tmp_path / "data" / "thumbnails").iterdir())
    assert len(copies) == 6
    assert all(name.startswith("nnn") and name.endswith(".jpg") for name in copies[:3])
    assert copies[3:] == ["plain_1.jpg", "plain_2.jpg", "plain_3.jpg"]


def test_an_impossible_file_name_is_refused_in_one_sentence(tmp_path: Path) -> None:
    for name in ("n" * 300 + ".mp4", b"not-utf-8-\xff.mp4"):
        if isinstance(name, bytes):
            name = os.fsdecode(name)  # noqa: PLW2901 - as a shell passes it on
            (tmp_path / name).touch()
        ended = demo(tmp_path / "data", tmp_path / name)
        assert ended.returncode == 1
        assert "Traceback" not in ended.stderr


def test_the_longest_name_can_be_copied_to_files(pipeline: Driver, videos: Videos, tmp_path: Path) -> None:
    for name in (LONGEST, f"{'d' * 300}/{'日' * 80}.mp4"):
        record = pipeline.ended(pipeline.upload(name, videos.video("clip.mp4", duration_s=4)))
        assert record.state is VideoState.DONE
        files = download_thumbnails(pipeline.pipeline, record, tmp_path)
        assert [file.read_bytes()[:2] for file in files] == [b"\xff\xd8"] * 3
