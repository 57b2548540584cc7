"""The error of this package, for people: one message, what and how to mend it."""


class LocalError(Exception):
    """The pipeline cannot run on this machine as asked."""
