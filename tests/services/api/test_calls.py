"""Threads for calls to AWS: bounded, with a deadline, one flight for a question."""

import asyncio
import math
import threading
from collections.abc import Coroutine
from typing import Any

import pytest

from services.api.calls import DEADLINE_S, PATIENCE, AwsCalls, DeadlineLock
from services.api.schema.problems import UnavailableError
from services.aws.bucket import Bucket
from services.aws.clients import Clients
from services.aws.deadline import Deadline, remaining_s
from services.aws.errors import ObjectMissingError, ServiceError


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def test_one_call_with_its_retry_ends_before_the_deadline() -> None:
    assert PATIENCE.max_call_s < DEADLINE_S


def test_requests_beyond_the_bound_are_refused_at_once() -> None:
    async def ask() -> None:
        calls, end = AwsCalls(threads=1, max_waiting=1), threading.Event()
        accepted = [asyncio.create_task(calls.run(end.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(UnavailableError, match="Too many requests"):
            await calls.run(end.wait)
        end.set()
        assert await asyncio.gather(*accepted) == [True, True]
        assert await calls.run(lambda: "again") == "again"

    run(ask())


def test_a_late_call_is_refused_and_never_runs() -> None:
    async def ask() -> None:
        calls, end, ran = AwsCalls(threads=1), threading.Event(), threading.Event()
        late, behind = (asyncio.create_task(calls.run(work, within_s=0.1)) for work in (end.wait, ran.set))
        for task in (late, behind):
            with pytest.raises(UnavailableError, match="has not answered"):
                await task
        end.set()
        assert await calls.run(remaining_s) > 0
        assert not ran.is_set()

    run(ask())


def test_the_deadline_refuses_further_calls_to_aws(aws_clients: Clients) -> None:
    bucket = Bucket(aws_clients.s3, "none")
    with Deadline(0).kept(), pytest.raises(ServiceError, match="too slow"):
        bucket.check()
    assert remaining_s() == math.inf


def test_the_deadline_grows_after_the_first_answer(aws_clients: Clients) -> None:
    deadline = Deadline(60, once_answered_s=600)
    with deadline.kept():
        with pytest.raises(ObjectMissingError):
            Bucket(aws_clients.s3, "none").check()
        assert remaining_s() > 60


def test_the_same_question_is_asked_once_at_a_time() -> None:
    async def ask() -> None:
        calls, end = AwsCalls(), threading.Event()
        asked: list[int] = []

        def work() -> int:
            asked.append(1)
            end.wait()
            return len(asked)

        flights = [asyncio.create_task(calls.run_shared("question", work)) for _ in range(20)]
        await asyncio.sleep(0)
        assert calls.is_running("question")
        end.set()
        assert await asyncio.gather(*flights) == [1] * 20
        assert await calls.run_shared("question", work) == 2

    run(ask())


def test_an_error_reaches_all_who_ask_the_same() -> None:
    async def ask() -> None:
        calls = AwsCalls()

        def work() -> None:
            raise ServiceError("broken")

        flights = [calls.run_shared("question", work) for _ in range(3)]
        assert [str(error) for error in await asyncio.gather(*flights, return_exceptions=True)] == ["broken"] * 3
        assert not calls.is_running("question")

    run(ask())


def test_a_request_waits_for_a_lock_until_its_deadline() -> None:
    turn = DeadlineLock("another is at it")
    with turn, Deadline(0.1).kept(), pytest.raises(ServiceError, match="another is at it"), turn:
        pass
    with Deadline(60).kept(), turn:
        pass
