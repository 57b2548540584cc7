"""A sandbox that keeps a spare child for the next video, as the worker's does."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.sandbox.job import Bounds
from services.worker.extraction.sandbox.sandbox import Sandbox
from tests.support.sandboxes import (
    Source,
    assert_works,
    await_end,
    await_that,
    children_of,
    know_the_processes_of_other_tests,
    needs_proc,
    the_child,
    the_fork_server,
)

pytestmark = needs_proc


@pytest.fixture
def eager() -> Iterator[Sandbox]:
    know_the_processes_of_other_tests()
    with Sandbox(ThumbnailOptions(), Bounds(), is_eager=True) as sandbox:
        sandbox.start()
        await_that(lambda: len(children_of(the_fork_server())) == 1)
        yield sandbox


def test_waiting_child_takes_the_next_video(eager: Sandbox, film: bytes) -> None:
    for _ in range(3):
        spare = the_child()
        reading: list[int] = []
        outcome = eager.extract(Source(film, lambda: reading.extend(children_of(the_fork_server()))))  # noqa: B023
        assert spare in reading
        await_end(spare)
        await_that(lambda: len(children_of(the_fork_server())) == 1)
        assert (len(outcome.pictures), outcome.usage.cpu_s > 0, outcome.usage.peak_memory_mb > 10) == (3, True, True)


def test_dead_spare_is_replaced(eager: Sandbox, film: bytes) -> None:
    spare = the_child()
    os.kill(spare, signal.SIGKILL)
    await_end(spare)
    assert_works(eager, film)


def test_spare_that_dies_at_its_job_is_replaced(eager: Sandbox, film: bytes) -> None:
    """A stopped child is not seen to be dead before it has the job."""
    spare = the_child()
    os.kill(spare, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        outcome = pool.submit(eager.extract, Source(film))
        await_that(lambda: len(children_of(the_fork_server())) == 2)
        os.kill(spare, signal.SIGKILL)
        assert len(outcome.result().pictures) == 3


def test_spare_of_a_dead_fork_server_is_replaced(eager: Sandbox, film: bytes) -> None:
    server, spare = the_fork_server(), the_child()
    os.kill(server, signal.SIGKILL)
    await_end(server)
    assert_works(eager, film)
    await_end(spare)


def test_spare_ends_with_its_sandbox(eager: Sandbox) -> None:
    spare = the_child()
    eager.close()
    await_end(spare)
