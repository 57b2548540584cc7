"""Messages between worker and fork server, apart from it, so that the worker loads no OpenCV."""

import struct

PID = struct.Struct("!i")
EXIT = struct.Struct("!idd")
"""Wait status, CPU seconds, peak resident memory in MiB."""

FORK, KILL = b"F", b"K"
MESSAGE_BYTES = 1 + PID.size
MAX_GREETING_BYTES = 256
