"""Ports for processes that a test starts."""

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def held_ports(count: int) -> Iterator[list[int]]:
    """Yield free ports of 127.0.0.1 and keep them until the context ends, so that no other program gets one of them.

    This process binds each port and does not listen. A process that sets SO_REUSEADDR, as servers do, can listen on
    it all the same on Linux. On other systems the ports are only free when the context begins.
    """
    with ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in held:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(("127.0.0.1", 0))
        ports = [int(one.getsockname()[1]) for one in held]
        if sys.platform != "linux":
            stack.close()
        yield ports
