"""The error of this package: one message that says what happened and what the user can do."""

import errno

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Error numbers of a write that fails because the disk or the user's quota is full."""


class LocalError(Exception):
    """The pipeline cannot run on this machine as requested."""
