"""Many children at once: none disturbs another, and nothing is left over."""

import os
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.contract.records import ReasonCode, VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.sandbox.job import Bounds
from services.worker.extraction.sandbox.sandbox import Sandbox, SandboxError
from tests.support.sandboxes import (
    Source,
    await_end,
    await_that,
    children_of,
    descriptors,
    extract_together,
    fork_servers,
    needs_proc,
    numbers,
    state_and_parent,
    the_child,
    the_fork_server,
)
from tests.support.videos import Videos

pytestmark = pytest.mark.usefixtures("processes_of_other_tests")


def test_several_threads_extract_at_once(videos: Videos, shared_sandbox: Sandbox) -> None:
    kinds = [("a.mp4", "h264"), ("a.mkv", "h264"), ("a.ts", "h264"), ("a.avi", "mpeg4"), ("a.wmv", "wmv2")]
    contents = [videos.video(name, codec=codec).read_bytes() for name, codec in kinds]
    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda content: shared_sandbox.extract(Source(content)), contents * 4))
    assert [numbers(outcome) for outcome in outcomes] == [[0, 50, 75]] * 20


@needs_proc
def test_a_killed_child_does_not_disturb_the_others(lasting: Sandbox, film: bytes) -> None:
    outcomes = extract_together(
        lasting, film, 3, while_all_read=lambda: os.kill(children_of(the_fork_server())[0], signal.SIGKILL)
    )
    assert Counter(outcome.reason_code for outcome in outcomes) == {None: 2, ReasonCode.CRASHED: 1}


def is_idle(server: int) -> bool:
    """Return True if it holds the files of its start only: the standard files, its socket, pipe and selector.

    It closes a video's pipe a moment after it has reported the end.
    """
    return len(descriptors(server)) == 3 + 1 + 2 + 1


@needs_proc
def test_nothing_piles_up(lasting: Sandbox, film: bytes) -> None:
    lasting.extract(Source(film))
    server = the_fork_server()
    await_that(lambda: is_idle(server))
    before = descriptors(os.getpid())
    for _ in range(25):
        lasting.extract(Source(film))
        lasting.extract(Source(b"no video"))
        lasting.extract(Source(film, lambda: os.kill(the_child(), signal.SIGKILL)))
    await_that(lambda: is_idle(server))
    assert descriptors(os.getpid()) == before
    assert children_of(server) == []
    assert fork_servers() == [server]


@needs_proc
def test_a_closed_sandbox_leaves_nothing_behind(film: bytes) -> None:
    before = descriptors(os.getpid())
    with Sandbox(ThumbnailOptions(), Bounds()) as sandbox:
        sandbox.extract(Source(film))
        server = the_fork_server()
    assert state_and_parent(server)[0] == "X"
    assert fork_servers() == []
    assert descriptors(os.getpid()) == before


@needs_proc
def test_a_sandbox_that_closes_ends_what_is_under_way(film: bytes) -> None:
    pids: list[int] = []
    sandbox = Sandbox(ThumbnailOptions(), Bounds())

    def close() -> None:
        pids.extend([the_fork_server(), the_child()])
        sandbox.close()

    outcome = sandbox.extract(Source(film, close))
    assert (outcome.state, outcome.reason_code, outcome.retryable) == (VideoState.FAILED, ReasonCode.CRASHED, True)
    for pid in pids:
        await_end(pid)


@needs_proc
def test_kill_children_also_ends_later_children(film: bytes) -> None:
    with Sandbox(ThumbnailOptions(), Bounds()) as sandbox:

        def end() -> None:
            child = the_child()
            sandbox.kill_children()
            await_end(child)

        for action in (end, lambda: None):
            outcome = sandbox.extract(Source(film, action))
            ended = (VideoState.FAILED, ReasonCode.CRASHED, True)
            assert (outcome.state, outcome.reason_code, outcome.retryable) == ended


def test_a_closed_sandbox_says_so(film: bytes) -> None:
    sandbox = Sandbox(ThumbnailOptions(), Bounds())
    sandbox.close()
    sandbox.close()
    with pytest.raises(SandboxError, match="closed"):
        sandbox.extract(Source(film))


@needs_proc
def test_a_sandbox_that_is_not_used_starts_nothing() -> None:
    with Sandbox(ThumbnailOptions(), Bounds()):
        assert fork_servers() == []
