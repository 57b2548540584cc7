"""Work on several things at the same time, each once those that it depends on are done."""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

_Item = TypeVar("_Item")


def run_in_order(after: Mapping[_Item, Collection[_Item]], do: Callable[[_Item], object]) -> None:
    """Do something for each item as soon as the items that it comes after are done.

    The first error is raised at once: nothing more is started then, and what runs goes on.
    """
    left, done = dict(after), set[_Item]()
    running: dict[Future[object], _Item] = {}
    pool = ThreadPoolExecutor(max_workers=max(1, len(after)))
    try:
        while left or running:
            for item in [one for one, needed in left.items() if done.issuperset(needed)]:
                del left[item]
                running[pool.submit(do, item)] = item
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                future.result()
                done.add(running.pop(future))
    finally:
        pool.shutdown(wait=False)
