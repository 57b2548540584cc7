"""Whatever a video does to the process that decodes it, the worker goes on with an answer, and nothing is left over."""

import os
import resource
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from services.contract.records import ReasonCode, VideoState
from services.contract.thumbnails import ImageFormat, ThumbnailOptions
from services.worker.extraction.reading.source import LocalFile, SourceError
from services.worker.extraction.sandbox.job import Bounds
from services.worker.extraction.sandbox.sandbox import Sandbox
from tests.support.extracted import SharedSandbox
from tests.support.sandboxes import (
    Source,
    assert_works,
    await_end,
    children_of,
    needs_proc,
    the_child,
    the_fork_server,
)
from tests.support.videos import Videos

pytestmark = pytest.mark.usefixtures("processes_of_other_tests")


def test_a_video_can_have_options_of_its_own(shared_sandbox: Sandbox, film: bytes) -> None:
    options = ThumbnailOptions(positions_pct=(50.0,), width_px=64, format=ImageFormat.WEBP)
    (picture,) = shared_sandbox.extract(Source(film), options).pictures
    assert (picture.position_pct, picture.width_px, picture.data[8:12]) == (50.0, 64, b"WEBP")


# A child that comes to harm.


@needs_proc
def test_a_killed_child_is_one_retryable_failure(lasting: Sandbox, film: bytes) -> None:
    for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGRTMIN + 3):
        outcome = lasting.extract(Source(film, partial(end_the_child, number)))
        assert (outcome.state, outcome.reason_code, outcome.retryable) == (VideoState.FAILED, ReasonCode.CRASHED, True)
        assert outcome.reason
        assert_works(lasting, film)


def end_the_child(number: int) -> None:
    os.kill(the_child(), number)


@needs_proc
def test_a_child_that_hangs_is_ended_at_its_deadline(film: bytes) -> None:
    with Sandbox(ThumbnailOptions(), Bounds(deadline_s=0.2)) as sandbox:
        outcome = sandbox.extract(Source(film, lambda: os.kill(the_child(), signal.SIGSTOP)))
        assert (outcome.state, outcome.reason_code, outcome.retryable) == (VideoState.FAILED, ReasonCode.TIMEOUT, True)
        assert "0.2 s" in (outcome.reason or "")
        assert children_of(the_fork_server()) == []


@needs_proc
def test_exhausted_cpu_time_is_a_final_failure(lasting: Sandbox, film: bytes) -> None:
    """The signal is what the kernel sends at the limit; the limit itself is looked at below."""
    outcome = lasting.extract(Source(film, lambda: os.kill(the_child(), signal.SIGXCPU)))
    assert (outcome.state, outcome.reason_code, outcome.retryable) == (VideoState.FAILED, ReasonCode.TIMEOUT, False)
    assert "30 s of CPU time" in (outcome.reason or "")


@needs_proc
def test_a_child_has_limits_of_its_own(film: bytes) -> None:
    seen: dict[int, tuple[int, int]] = {}
    limits = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)

    def look() -> None:
        seen.update({limit: resource.prlimit(the_child(), limit) for limit in limits})

    with Sandbox(ThumbnailOptions(), Bounds(cpu_s=7, memory_mb=600)) as sandbox:
        sandbox.extract(Source(film, look))
    assert seen == {
        resource.RLIMIT_AS: (600 << 20, 600 << 20),
        resource.RLIMIT_CPU: (7, 8),
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_CORE: (0, 0),
    }


def test_needing_too_much_memory_is_a_final_failure(videos: Videos, film: bytes) -> None:
    big = videos.video("big.mp4", width_px=7680, height_px=4320, duration_s=1 / 25)
    with SharedSandbox(bounds=Bounds(memory_mb=320)) as sandbox:
        with LocalFile(big) as source:
            outcome = sandbox.extract(source)
        assert (outcome.state, outcome.reason_code, outcome.retryable) == (VideoState.FAILED, ReasonCode.MEMORY, False)
        assert "320 MiB" in (outcome.reason or "")
        assert_works(sandbox, film)


def test_a_picture_beyond_memory_is_not_called_damaged(videos: Videos) -> None:
    # A plane takes 133 MB: when FFmpeg cannot allocate one, more than a tenth of the memory is still free.
    deep = videos.video(
        "deep.mp4", width_px=8160, height_px=8160, duration_s=1, fps=1, options=("-pix_fmt", "yuv444p10le")
    )
    with SharedSandbox(bounds=Bounds(memory_mb=512)) as sandbox, LocalFile(deep) as source:
        outcome = sandbox.extract(source)
    assert (outcome.state, outcome.reason_code) == (VideoState.FAILED, ReasonCode.MEMORY)


def test_taking_too_many_reads_is_a_final_failure(videos: Videos) -> None:
    content = videos.video("a.mov", codec="prores").read_bytes()
    with SharedSandbox(bounds=Bounds(requests=2)) as sandbox:
        outcome = sandbox.extract(Source(content))
    assert (outcome.state, outcome.reason_code, outcome.retryable) == (VideoState.FAILED, ReasonCode.BUDGET, False)
    assert outcome.usage.requests > 2


def test_a_video_never_costs_more_bytes_than_it_may(videos: Videos) -> None:
    large = videos.sparse(videos.video("large.mp4", audio="aac"))
    for read_mb in (1, 2, 4):
        with SharedSandbox(bounds=Bounds(read_mb=read_mb)) as sandbox, LocalFile(large) as source:
            outcome = sandbox.extract(source)
        assert outcome.reason_code in (ReasonCode.BUDGET, ReasonCode.NEARBY_FRAME, None)
        assert outcome.usage.bytes_read <= read_mb << 20


# A source that comes to harm.


class ForGoodError(SourceError):
    retryable = False


@pytest.mark.parametrize(
    ("error", "retryable"), [(SourceError("no route to host"), True), (ForGoodError("403"), False)]
)
def test_source_errors_keep_their_own_message(
    shared_sandbox: Sandbox, film: bytes, error: SourceError, *, retryable: bool
) -> None:
    def fail() -> None:
        raise error

    outcome = shared_sandbox.extract(Source(film, fail))
    assert (outcome.state, outcome.reason_code, outcome.retryable) == (VideoState.FAILED, ReasonCode.STORAGE, retryable)
    assert str(error) in (outcome.reason or "")
    assert_works(shared_sandbox, film)


def test_a_short_read_is_a_storage_error(shared_sandbox: Sandbox, film: bytes) -> None:
    class Shrunk(Source):
        @property
        def size_bytes(self) -> int:
            return 1_000_000

    outcome = shared_sandbox.extract(Shrunk(film))
    assert (outcome.state, outcome.reason_code, outcome.retryable) == (VideoState.FAILED, ReasonCode.STORAGE, True)


@needs_proc
def test_an_unexpected_error_of_the_source_leaves_no_child(lasting: Sandbox, film: bytes) -> None:
    def fail() -> None:
        raise KeyError("key")

    with pytest.raises(KeyError):
        lasting.extract(Source(film, fail))
    for child in children_of(the_fork_server()):
        await_end(child)
    assert_works(lasting, film)


# A fork server that comes to harm.


@needs_proc
def test_a_fork_server_that_died_is_started_again(sandbox: Sandbox, film: bytes) -> None:
    assert_works(sandbox, film)
    for _ in range(3):
        before = the_fork_server()
        os.kill(before, signal.SIGKILL)
        assert_works(sandbox, film)
        assert the_fork_server() != before


@needs_proc
def test_a_dying_fork_server_costs_one_try(sandbox: Sandbox, film: bytes) -> None:
    outcome = sandbox.extract(Source(film, lambda: os.kill(the_fork_server(), signal.SIGKILL)))
    assert outcome.state is VideoState.DONE or outcome.retryable
    assert_works(sandbox, film)


WORKER = """
import sys
from pathlib import Path
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.sandbox.job import Bounds
from services.worker.extraction.sandbox.sandbox import Sandbox
from services.worker.extraction.reading.source import LocalFile

class Waiting(LocalFile):
    def read(self, offset, length):
        print("reading", flush=True)
        sys.stdin.read()

Sandbox(ThumbnailOptions(), Bounds()).extract(Waiting(Path(sys.argv[1])))
"""
"""A worker whose child waits for its first bytes."""


@needs_proc
def test_a_worker_that_is_killed_leaves_no_process_behind(videos: Videos) -> None:
    command = [sys.executable, "-c", WORKER, str(videos.video("a.mp4"))]
    root = Path(__file__).parents[5]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root, text=True) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "reading\n"
        (server,) = children_of(worker.pid)
        (child,) = children_of(server)
        worker.kill()
    await_end(server)
    await_end(child)


def test_what_it_cost_is_told(shared_sandbox: Sandbox, film: bytes) -> None:
    usage = shared_sandbox.extract(Source(film)).usage
    assert 0 < usage.bytes_read <= len(film)
    assert usage.requests > 0
    assert usage.cpu_s > 0
    assert usage.peak_memory_mb > 10
