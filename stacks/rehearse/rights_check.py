"""The comparison of the recorded requests with the policies, as a step."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stacks.rehearse.errors import RehearsalError
from stacks.rehearse.rights import RightsError, check


def check_rights(
    requests: Path, synthesized: Path, *, project: Path, encrypted: Mapping[str, str], facts: dict[str, Any]
) -> list[str]:
    """Return lines about the comparison, and add to `facts` which actions are granted and were never used.

    `encrypted` has the ARN of the key of each bucket whose objects are encrypted with one.

    Raises: RehearsalError if the policies would refuse a request.
    """
    try:
        report = check(requests, synthesized, project=project, encrypted=encrypted)
    except RightsError as error:
        raise RehearsalError(str(error)) from error
    facts["granted_and_unused"] = {role: list(actions) for role, actions in report.unused.items()}
    facts["refused"] = [str(one) for one in report.refused]
    if report.refused:
        raise RehearsalError("\n".join(["AWS would refuse requests with these policies:", *facts["refused"]]))
    return str(report).splitlines()
