"""Errors of a rehearsal: one sentence for the person at the terminal."""

from stacks.deploy.errors import OperateError


class RehearsalError(OperateError):
    """The rehearsal cannot start or a step has failed; the message says what, where and how to fix it."""
