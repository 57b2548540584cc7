"""Shift the clock of this process: `FAULTS_CLOCKS` is `worker-1=120,api=-30` or so, in seconds.

Python imports this module at its start if its folder is in PYTHONPATH. Monotonic clocks stay right, as on a machine
whose clock is wrong.
"""

import ctypes
import datetime as dt
import gc
import os
import time
from typing import Any


def _read_offset_s() -> int:
    name = os.environ.get("WORKER_NAME", "api")
    pairs = (pair.partition("=") for pair in os.environ.get("FAULTS_CLOCKS", "").split(",") if pair)
    return next((int(seconds) for who, _, seconds in pairs if who == name), 0)


def _shift_clock(offset_s: int) -> None:
    """Replace the functions that read the clock. Code may hold `datetime` itself, so its methods are replaced."""
    true_time, true_time_ns, true_now = time.time, time.time_ns, dt.datetime.now
    offset = dt.timedelta(seconds=offset_s)
    time.time = lambda: true_time() + offset_s
    time.time_ns = lambda: true_time_ns() + offset_s * 1_000_000_000

    def now(_: Any, tz: Any = None) -> Any:
        return true_now(tz) + offset

    def utcnow(_: Any) -> Any:
        return (true_now(dt.UTC) + offset).replace(tzinfo=None)

    # A type of C refuses new attributes; the dictionary behind its proxy does not.
    attributes: Any = gc.get_referents(dt.datetime.__dict__)[0]
    attributes["now"], attributes["utcnow"] = classmethod(now), classmethod(utcnow)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(dt.datetime))


if offset_s := _read_offset_s():
    _shift_clock(offset_s)
