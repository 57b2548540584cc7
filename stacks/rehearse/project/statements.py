"""Policies without one of their statements: a rehearsal must then fail and name what is missing."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from stacks.rehearse.errors import RehearsalError

_POLICIES = ("aws_iam_policy", "aws_iam_role_policy")


def leave_out_statement(documents: Mapping[str, dict[str, Any]], sid: str) -> list[str]:
    """Remove the statements with this Sid from the policies of all stacks, and return the policies' addresses.

    Raises: RehearsalError if no policy has one.
    """
    changed, known = [], set()
    for address, resource in _policies(documents):
        policy = json.loads(resource["policy"])
        statements = policy["Statement"]
        known |= {str(one.get("Sid")) for one in statements}
        policy["Statement"] = [one for one in statements if one.get("Sid") != sid]
        if len(policy["Statement"]) < len(statements):
            resource["policy"] = json.dumps(policy)
            changed.append(address)
    if not changed:
        raise RehearsalError(f"No policy has a statement {sid!r}: there are {', '.join(sorted(known))}.")
    return changed


def _policies(documents: Mapping[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for document in documents.values():
        for kind in _POLICIES:
            for name, resource in document.get("resource", {}).get(kind, {}).items():
                yield f"{kind}.{name}", resource
