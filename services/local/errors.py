"""The error of this package, for people: one message that says what happened and what to do."""

import errno

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Error numbers of a write that the disk, or its owner's share of it, has no room for."""


class LocalError(Exception):
    """The pipeline cannot run on this machine as asked."""
