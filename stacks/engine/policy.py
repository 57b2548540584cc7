"""IAM policies as plain values: statements in, JSON out.

Text rather than Terraform's `aws_iam_policy_document`: a plan shows it whole, and the tests read it without Terraform.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Conditions = Mapping[str, Mapping[str, str | Sequence[str]]]
"""Operator, key, value: `{"StringEquals": {"aws:SourceAccount": "123456789012"}}`."""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What is allowed, unless `effect` says Deny. `sid` has letters and digits only."""

    sid: str
    actions: Sequence[str]
    resources: Sequence[str] = ()
    """None where the policy's owner implies them: in a trust policy."""
    principals: Mapping[str, str | Sequence[str]] | str | None = None
    conditions: Conditions = field(default_factory=dict)
    effect: str = "Allow"

    def as_json(self) -> dict[str, Any]:
        statement: dict[str, Any] = {"Sid": self.sid, "Effect": self.effect}
        if self.principals is not None:
            statement["Principal"] = self.principals
        statement["Action"] = list(self.actions)
        if self.resources:
            statement["Resource"] = list(self.resources)
        if self.conditions:
            statement["Condition"] = self.conditions
        return statement


def policy_document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement.as_json() for statement in statements]})


def deny_plain_http(resources: Sequence[str], action: str) -> Statement:
    """For the policy of a bucket or a queue: nobody comes without TLS."""
    return Statement(
        sid="DenyPlainHttp",
        effect="Deny",
        actions=[action],
        resources=resources,
        principals="*",
        conditions={"Bool": {"aws:SecureTransport": "false"}},
    )


def service_trust_policy(service: str, conditions: Conditions | None = None) -> str:
    """The trust policy of a role that an AWS service takes."""
    return policy_document(
        Statement(
            sid="AssumedByService",
            actions=["sts:AssumeRole"],
            principals={"Service": service},
            conditions=conditions or {},
        )
    )
