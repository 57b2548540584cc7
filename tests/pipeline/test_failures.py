"""Workers that die, objects that vanish, and a pipeline that is killed: nothing is lost, nothing is done twice."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.contract.records import VideoState
from services.local.pipeline import run_pipeline
from tests.support.driver import IMPATIENT, Driver, eventually
from tests.support.forks import fork_program
from tests.support.gate import Gate
from tests.support.videos import Videos


@pytest.fixture
def clip(videos: Videos) -> Path:
    """Longer than what a worker reads at first, by its sound."""
    path = videos.video("clip.mov", duration_s=4, audio="pcm_s16le")
    assert path.stat().st_size > 2 * 65_536
    return path


@contextmanager
def held(data: Path, clip: Path, **settings: str) -> Iterator[tuple[Driver, Gate, str]]:
    """Run a pipeline whose one worker stays in the middle of a video until the gate is opened."""
    with Gate() as gate:
        environment = {**IMPATIENT, "AWS_ENDPOINT_URL_S3": gate.endpoint, **settings}
        with run_pipeline(data, workers=1, say=lambda _: None, settings=environment, start=fork_program) as local:
            gate.target = local.endpoints.aws
            driver = Driver(local)
            key = driver.upload("held.mov", clip)
            assert driver.started(key).state is VideoState.PROCESSING
            yield driver, gate, key


def test_another_worker_finishes_a_killed_worker_s_video(tmp_path: Path, clip: Path) -> None:
    with held(tmp_path, clip) as (driver, gate, key):
        (pid,) = driver.worker_pids()

        os.kill(pid, signal.SIGKILL)
        gate.open()

        record = driver.ended(key)
        assert (record.state, record.attempt, len(record.thumbnails)) == (VideoState.DONE, 2, 3)
        assert driver.worker_pids() != [pid]
        assert driver.videos.totals()["videos_done"] == 1
        assert driver.depth(driver.endpoints.dead_letter_queue_url) == 0


def test_a_stopped_worker_finishes_its_video_first(tmp_path: Path, clip: Path) -> None:
    with held(tmp_path, clip, SHUTDOWN_GRACE_S="600") as (driver, gate, key):
        (pid,) = driver.worker_pids()

        os.kill(pid, signal.SIGTERM)
        eventually(lambda: driver.logged("draining"), "the drain")
        gate.open()

        record = driver.ended(key)
        assert (record.state, record.attempt) == (VideoState.DONE, 1)
        eventually(lambda: driver.logged("worker_stopped"), "the end of the worker")
        assert driver.logged("message_handed_back") == []


def test_unfinished_videos_are_handed_back_after_the_grace_period(tmp_path: Path, clip: Path) -> None:
    hasty = {"SHUTDOWN_GRACE_S": "0.1", "VISIBILITY_TIMEOUT_S": "600"}
    with held(tmp_path, clip, **hasty) as (driver, gate, key):
        (pid,) = driver.worker_pids()

        os.kill(pid, signal.SIGTERM)
        eventually(lambda: driver.logged("grace_period_over"), "the end of the grace period")
        gate.open()

        # With a visibility timeout of ten minutes, only a message that was handed back comes again so soon.
        record = driver.ended(key)
        assert (record.state, record.attempt) == (VideoState.DONE, 2)


def test_an_object_deleted_before_processing_is_skipped(lone_worker: Driver, videos: Videos) -> None:
    lone_worker.signal_workers(signal.SIGSTOP)
    key = lone_worker.upload("gone.mp4", videos.video("clip.mp4", duration_s=4))
    lone_worker.s3.delete_object(Bucket=lone_worker.endpoints.bucket, Key=key)

    lone_worker.signal_workers(signal.SIGCONT)

    eventually(lambda: lone_worker.logged("video_skipped"), "the skipped video")
    lone_worker.await_empty_queue()
    skipped = lone_worker.logged("video_skipped")
    # The upload and the deletion, each more than once if the visibility ran out while the worker was stopped.
    assert {(entry["object_key"], entry["why"]) for entry in skipped} == {(key, "object_gone"), (key, "no_record")}
    assert lone_worker.depth(lone_worker.endpoints.dead_letter_queue_url) == 0
    assert lone_worker.videos.get(key) is None


def test_a_killed_pipeline_leaves_no_process_and_no_loss(tmp_path: Path, videos: Videos) -> None:
    clip = videos.video("clip.mp4", duration_s=4)
    data = tmp_path / "data"
    command = [sys.executable, "-m", "services.local", "--data", str(data), "--upload", str(clip)]
    # Without Node.js: building the dashboard takes a minute.
    environment = {**os.environ, "PATH": str(tmp_path)}
    demo = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        endpoints = json.loads(eventually(lambda: _text(data / "endpoints.json"), "the addresses"))
        assert endpoints["pid"] == demo.pid
        family = eventually(lambda: _descendants(demo.pid) if len(_descendants(demo.pid)) >= 3 else None, "processes")
    finally:
        demo.kill()
        demo.communicate()

    eventually(lambda: not any(_is_running(pid) for pid in family), "the end of all processes")
    with run_pipeline(data, workers=1, say=lambda _: None, start=fork_program) as local:
        driver = Driver(local)
        for key in driver.keys("uploads/"):
            assert driver.ended(key).state is VideoState.DONE


def test_no_upload_is_lost_when_embedded_aws_is_killed(tmp_path: Path, videos: Videos) -> None:
    said: list[str] = []
    with run_pipeline(tmp_path, workers=1, say=said.append, settings=IMPATIENT, start=fork_program) as local:
        driver = Driver(local)
        first = driver.upload("first.mp4", videos.video("clip.mp4", duration_s=4))
        done = driver.ended(first)
        driver.signal_workers(signal.SIGSTOP)
        driver.upload("first.mp4", videos.video("longer.mp4", duration_s=8))
        second = driver.upload("second.mp4", videos.video("clip.mp4", duration_s=4))
        assert local.aws

        os.kill(local.aws.pid, signal.SIGKILL)

        eventually(lambda: any("answers again" in text for text in said), "the restart")
        assert "The embedded AWS was ended by signal 9" in said[0]
        assert local.aws.endpoint == local.endpoints.aws
        waiting: set[str] = set()
        while not {first, second} <= waiting:
            waiting |= eventually(driver.waiting_keys, "another event")
        assert driver.thumbnail(done.thumbnails[0].key)
        driver.signal_workers(signal.SIGCONT)
        assert driver.ended(second).state is VideoState.DONE
        driver.await_empty_queue()


def test_a_second_pipeline_with_the_same_data_is_refused(lone_worker: Driver) -> None:
    command = [sys.executable, "-m", "services.local", "--once", "--data", str(lone_worker.pipeline.data)]

    second = subprocess.run(command, capture_output=True, text=True, check=False)

    assert second.returncode == 1
    assert "already runs" in " ".join(second.stderr.split())
    assert "Traceback" not in second.stderr


def _text(file: Path) -> str | None:
    return file.read_text() if file.exists() else None


def _descendants(pid: int) -> set[int]:
    """Return the current processes under `pid`; threads and processes can end meanwhile."""
    children: set[int] = set()
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                children |= {int(child) for child in (thread / "children").read_text().split()}
    return children | {deeper for child in children for deeper in _descendants(child)}


def _is_running(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False
