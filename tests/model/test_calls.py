"""Calls to the simulated AWS without a schedule: the threads of a test are real."""

import os
from concurrent.futures import ThreadPoolExecutor

from tests.model.aws.calls import Boundary


def test_real_threads_call_one_after_the_other() -> None:
    boundary = Boundary()
    running: list[None] = []
    most = 0

    def effect() -> None:
        nonlocal most
        running.append(None)
        os.sched_yield()
        most = max(most, len(running))
        running.pop()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: boundary.call("PutItem", effect), range(400)))

    assert most == 1
