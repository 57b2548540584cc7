"""`python -m services.local.parent_death PARENT COMMAND...`: run COMMAND and end it when the parent process ends.

A killed supervisor cannot stop its processes. On Linux the kernel sends them SIGTERM when their parent ends; on other
systems the command continues.
"""

import contextlib
import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Become `command`, unless the process with the PID `parent` has ended before this one started."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        return
    os.execv(command[0], command)  # noqa: S606 - the purpose of this module


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
