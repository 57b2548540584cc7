"""Limit on failed logins of an address: ten at once, then one every six seconds."""

import time
from collections import OrderedDict
from collections.abc import Callable

_BURST = 10
_REFILL_S = 6.0
_ADDRESSES = 10_000
"""Maximum number of stored addresses; the one with the oldest failure is dropped first."""


class FailureLimiter:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._debts: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, address: str) -> float:
        """Return the seconds until the address may try again, 0 if it may now."""
        excess = self._debt(address) - (_BURST - 1)
        return max(0.0, excess) * _REFILL_S

    def add_failure(self, address: str) -> None:
        self._debts[address] = (self._debt(address) + 1, self._clock())
        self._debts.move_to_end(address)
        while len(self._debts) > _ADDRESSES:
            self._debts.popitem(last=False)

    def _debt(self, address: str) -> float:
        debt, since = self._debts.get(address, (0.0, 0.0))
        return max(0.0, debt - (self._clock() - since) / _REFILL_S)
