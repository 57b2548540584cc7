"""Errors for the user at the terminal: sentences, without a traceback.

OperateError             the root; exit status 1
├── PrerequisiteError    something is missing or wrong, and nothing was changed
├── RefusedError         what was asked for is not done, and nothing was changed
├── SmokeError           a deployed instance does not do what it should
└── CommandError         a program that we started has failed; its own output is above
"""

from collections.abc import Iterable


class OperateError(Exception):
    """Ends the command; its message is what is shown."""


class PrerequisiteError(OperateError):
    """One sentence: what is missing, where, and how to fix it."""

    @classmethod
    def of_all(cls, problems: Iterable["PrerequisiteError"]) -> "PrerequisiteError":
        lines = [f"  - {problem}" for problem in problems]
        return cls("\n".join(["Nothing was changed. Before this can run:", *lines]))


class RefusedError(OperateError):
    """One sentence: what is not done, why, and how it would be."""


class SmokeError(OperateError):
    """One sentence: what does not work, and where to look."""


class CommandError(OperateError):
    """A program ended with a status other than 0."""
