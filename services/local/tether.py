"""`python -m services.local.tether COMMAND...`: becomes a command that ends when its parent does.

A supervisor that is killed cannot stop what it started. On Linux the kernel then sends SIGTERM; elsewhere the command
just runs.
"""

import contextlib
import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(command: list[str]) -> None:
    parent = os.getppid()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        return  # it died before the kernel knew
    os.execv(command[0], command)  # noqa: S606 - that is its purpose


if __name__ == "__main__":
    main(sys.argv[1:])
