"""`python -m services.local.tether PARENT COMMAND...`: becomes a command that ends when its parent does.

A supervisor that is killed cannot stop what it started. On Linux the kernel then sends SIGTERM; elsewhere the command
just runs.
"""

import contextlib
import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """`parent` is its PID: only its own word tells whether it died before this process was up."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        return
    os.execv(command[0], command)  # noqa: S606 - that is its purpose


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
