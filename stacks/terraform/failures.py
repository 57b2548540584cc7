"""Sentences about a Terraform command that failed or was stopped."""

import re

from stacks.terraform.events import Diagnostic, format_diagnostic
from stacks.terraform.runner import Finished

_LOCK_ID = re.compile(r"^\s*ID:\s+(\S+)", re.MULTILINE)
_LOCK_WHO = re.compile(r"^\s*Who:\s+(\S+)", re.MULTILINE)
_LOCK_CREATED = re.compile(r"^\s*Created:\s+(\S+ [\d:]+)", re.MULTILINE)
_LAST_TEXTS = 20

CHANGING = ("deploy", "destroy")
"""Commands that change resources; the others, such as `plan`, leave everything as it is."""


def describe_failure(stack: str, verb: str, done: Finished, *, folder: str, log: str) -> str:
    """Return every error in full, the state of the stack, and how to continue."""
    errors = done.errors
    head = f"Terraform could not {verb} {stack}"
    body = [format_diagnostic(error) for error in errors] or ["\n".join(done.texts[-_LAST_TEXTS:])]
    unlock = next(filter(None, (describe_lock(error, folder) for error in errors)), None)
    end = unlock or f"Nothing of {stack} was changed."
    if verb in CHANGING and not unlock:
        end = (
            "Changes before the error stay and are in the state. Fix the cause, then run the same command again to "
            "continue."
        )
    return "\n\n".join([f"{head}.", *filter(None, body), end, f"The whole log: {log}"])


def describe_lock(error: Diagnostic, folder: str) -> str | None:
    """Return the command that removes a state lock; None if the error is another."""
    found = _LOCK_ID.search(error.detail)
    if "lock" not in error.summary.lower() or found is None:
        return None
    who, created = _LOCK_WHO.search(error.detail), _LOCK_CREATED.search(error.detail)
    of_whom = f" of {who[1]}" if who else ""
    since = f" since {created[1]} UTC" if created else ""
    return (
        f"A run{of_whom} holds the lock of this state{since}. Wait until it ends. If it was killed, "
        f"remove the lock: (cd {folder} && terraform force-unlock -force {found[1]})"
    )


def describe_stop(stack: str, verb: str, done: Finished) -> str:
    """Return the state after an interrupt, and how to continue."""
    if verb not in CHANGING:
        return f"Stopped. Nothing of {stack} was changed."
    if done.interrupts > 1:
        return (
            f"Terraform was stopped at once: resources of {stack} that it was changing may be missing in the state. "
            "Run the same command to continue; if the state is locked, it prints the command that unlocks it."
        )
    return (
        f"Stopped. Terraform has written everything that it did of {stack} to the state: run the same command to "
        "continue."
    )
