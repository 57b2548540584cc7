"""A statement can be taken out of the policies, to see that a rehearsal finds it missing."""

import json
from typing import Any

import pytest

from stacks.rehearse.errors import RehearsalError
from stacks.rehearse.project.statements import leave_out_statement


def policy(*sids: str) -> dict[str, str]:
    return {"policy": json.dumps({"Statement": [{"Sid": sid} for sid in sids]})}


@pytest.fixture
def documents() -> dict[str, dict[str, Any]]:
    return {
        "bootstrap": {"resource": {"aws_iam_policy": {"deploy": policy("Queues", "Network"), "plan": policy("Read")}}},
        "core": {"resource": {"aws_iam_role_policy": {"worker": policy("Queues")}, "aws_sqs_queue": {"q": {}}}},
    }


def test_a_statement_goes_from_all_policies(documents: dict[str, dict[str, Any]]) -> None:
    assert leave_out_statement(documents, "Queues") == ["aws_iam_policy.deploy", "aws_iam_role_policy.worker"]
    kept = documents["bootstrap"]["resource"]["aws_iam_policy"]
    assert kept == {"deploy": policy("Network"), "plan": policy("Read")}
    assert documents["core"]["resource"]["aws_iam_role_policy"]["worker"] == policy()


def test_a_statement_that_is_nowhere_is_refused(documents: dict[str, dict[str, Any]]) -> None:
    with pytest.raises(RehearsalError, match="No policy has a statement 'Queue': there are Network"):
        leave_out_statement(documents, "Queue")
