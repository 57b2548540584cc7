"""Messages between worker and fork server, apart from it, so that the worker loads no OpenCV."""

import struct
import sys

PID = struct.Struct("!i")
EXIT = struct.Struct("!idd")
"""Wait status, CPU seconds, peak resident memory in MiB."""

FORK, KILL = b"F", b"K"
MESSAGE_BYTES = 1 + PID.size
MAX_GREETING_BYTES = 256
MAXRSS_PER_MIB = 1024 * 1024 if sys.platform == "darwin" else 1024
"""Units of `ru_maxrss` in a MiB: bytes on macOS, KiB on Linux."""
