"""Turns of extractions: how many run, how many wait, and what the others get."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from services.api.schema.problems import TooManyError, UnavailableError
from services.frames.turns import Turns


def make_turns(*, at_once: int = 1, max_waiting: int = 3, max_per_video: int = 2, wait_s: float = 60) -> Turns[str]:
    return Turns(at_once=at_once, max_waiting=max_waiting, max_per_video=max_per_video, wait_s=wait_s)


class Held:
    """Work that waits until it is released, and counts its calls."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.calls: list[str] = []

    def work(self, name: str) -> Callable[[], str]:
        def run() -> str:
            self.calls.append(name)
            self.released.wait()
            return name

        return run


def test_too_many_frames_of_a_video_and_of_all_are_refused() -> None:
    async def play() -> None:
        held, turns = Held(), make_turns()
        taken = [
            asyncio.ensure_future(turns.take(f"{video}{number}", video, held.work(f"{video}{number}")))
            for video, number in (("a", 1), ("a", 2), ("b", 1))
        ]
        await asyncio.sleep(0)
        same = asyncio.ensure_future(turns.take("a1", "a", held.work("again")))
        with pytest.raises(TooManyError) as refused:
            await turns.take("a3", "a", held.work("a3"))
        assert refused.value.headers["Retry-After"] == "5"
        with pytest.raises(UnavailableError):
            await turns.take("c1", "c", held.work("c1"))
        assert len(turns) == 3
        held.released.set()
        assert await asyncio.gather(*taken, same) == ["a1", "a2", "b1", "a1"]
        assert held.calls == ["a1", "a2", "b1"]
        await asyncio.sleep(0)
        assert len(turns) == 0
        assert await turns.take("a3", "a", held.work("a3")) == "a3"
        turns.close()

    asyncio.run(play())


def test_a_frame_waits_for_its_turn_at_most_so_long() -> None:
    async def play() -> None:
        held, turns = Held(), make_turns(wait_s=0.01)
        first = asyncio.ensure_future(turns.take("a1", "a", held.work("a1")))
        await asyncio.sleep(0)
        with pytest.raises(UnavailableError, match="too long"):
            await turns.take("b1", "b", held.work("b1"))
        held.released.set()
        assert await first == "a1"
        turns.close()

    asyncio.run(play())


def test_an_extraction_goes_on_without_the_client_that_began_it() -> None:
    async def play() -> None:
        held, turns = Held(), make_turns()
        first = asyncio.ensure_future(turns.take("a1", "a", held.work("a1")))
        await asyncio.sleep(0)
        second = asyncio.ensure_future(turns.take("a1", "a", held.work("again")))
        await asyncio.sleep(0)
        first.cancel()
        held.released.set()
        assert await second == "a1"
        assert held.calls == ["a1"]
        turns.close()

    asyncio.run(play())
