"""Every IAM policy: parliament finds nothing, and `*` is used only where AWS has no names."""

import json
import warnings
from typing import Any

import pytest

from tests.support.synthesis import MATRIX, OIDC, STACKS, Synthesized, as_list, statements, synthesize

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it asks for pkg_resources
    import parliament  # type: ignore[import-untyped]  # it has no types

UNNAMED = {
    # Reads of EC2 and ELB, and what makes things that have no name yet.
    "load-balancer-controller-rights:Read": "EC2 and ELB describe no single resources",
    "build-rights:LogIn": "ecr:GetAuthorizationToken knows no resources",
    "boundary:PullFromOtherAccounts": "the images of EKS' add-ons are in accounts of AWS; the own account is left out",
    "boundary:ReadInRegion": "EC2, ELB and ACM list without resources; the region is asked for",
    "boundary:ReadAnywhere": "lists of ECR and IAM know no resources",
    "boundary:TokensKey": "the key is the account's choice; the secret that it decrypts is named",
    "deploy-data:DrawToken": "GetRandomPassword knows no resources",
    "deploy-data:OidcClientsKey": "the key is the account's choice; the secret that it decrypts is named",
    "deploy-data:FindLogGroups": "DescribeLogGroups knows no resources",
    "deploy-data:MakeKey": "a key has no name before it is made; its tag is asked for",
    "deploy-data:FindAliases": "ListAliases knows no resources",
    "deploy-network:Network": "networks have no names before they are made; the region is asked for",
    "deploy-network:Certificates": "a certificate has no name before it is made; the region is asked for",
    "deploy-network:NothingOfOthers": "a denial",
    "deploy-network:Zones": "a zone has no name before it is made",
    "deploy-data:FindAlarms": "alarms are looked up in a list",
    "deploy-cluster:MakeCluster": "EKS wants all resources for it; the tag is asked for",
    "deploy-cluster:AddOnVersions": "lists of EKS know no resources",
    "plan-rights:DrawToken": "GetRandomPassword knows no resources",
    "plan-rights:OidcClientsKey": "the key is the account's choice; the secret that it decrypts is named",
    "plan-rights:Lists": "lists know no resources; the region is asked for",
}
"""Statements on all resources, each with its reason."""

_WHOLE_SERVICE = "service:* on named resources also means actions that these cannot have"

TOLERATED = {
    ("boundary", "RESOURCE_MISMATCH"): _WHOLE_SERVICE,
    ("boundary", "UNKNOWN_CONDITION_FOR_ACTION"): "newer than parliament's list",
    ("deploy-data", "RESOURCE_MISMATCH"): _WHOLE_SERVICE,
    ("deploy-cluster", "RESOURCE_MISMATCH"): _WHOLE_SERVICE,
    ("deploy-cluster", "MISMATCHED_TYPE_BUT_USABLE"): "iam:PermissionsBoundary is an ARN without wildcards",
    ("plan-rights", "RESOURCE_MISMATCH"): "wildcards of reads also mean actions that these resources cannot have",
    ("deploy-network", "RESOURCE_MISMATCH"): "tags of zones only, not of health checks",
    ("load-balancer-controller-rights", "RESOURCE_MISMATCH"): "listeners of ALBs only, not of NLBs",
    ("load-balancer-controller-rights", "UNKNOWN_ACTION"): "newer than parliament's list",
    ("load-balancer-controller-rights", "UNKNOWN_CONDITION_FOR_ACTION"): "newer than parliament's list",
}
"""Findings that stand, each with its reason."""


def every_policy(stacks: dict[str, Synthesized]) -> dict[str, dict[str, Any]]:
    return {address: policy for stack in stacks.values() for address, policy in stack.policies().items()}


def test_there_are_policies_in_these_stacks(synthesized: dict[str, Synthesized]) -> None:
    assert set(synthesized) == set(STACKS)
    assert len(every_policy(synthesized)) > 20


@pytest.mark.parametrize("name", MATRIX)
def test_all_resources_are_named_or_there_is_a_reason(name: str) -> None:
    for address, policy in every_policy(synthesize(MATRIX[name])).items():
        for statement in statements(policy):
            resources = as_list(statement.get("Resource", []))
            where = f"{address.split('.')[1]}:{statement['Sid']}"
            if "*" in resources and "aws_kms_key" not in address:
                assert where in UNNAMED, f"{address}: {statement}"
            assert "*" not in as_list(statement["Action"]), address
            if statement["Effect"] == "Allow" and statement.get("Principal") == "*":
                pytest.fail(f"{address} lets everybody in: {statement}")


def test_reasons_are_used() -> None:
    stars = {
        f"{address.split('.')[1]}:{statement['Sid']}"
        for address, policy in every_policy(synthesize(OIDC)).items()
        for statement in statements(policy)
        if "*" in as_list(statement.get("Resource", []))
    }
    assert set(UNNAMED) <= stars


def test_parliament_finds_nothing(synthesized: dict[str, Synthesized]) -> None:
    """Check policies of identities; the test above covers `RESOURCE_STAR`."""
    found = {}
    for address, policy in every_policy(synthesized).items():
        if any("Principal" in statement for statement in statements(policy)):
            continue
        text = json.dumps(policy).replace(
            '"TOKEN"', '"arn:aws:secretsmanager:eu-west-1:123456789012:secret:token-AbCdEf"'
        )
        for finding in parliament.analyze_policy_string(text).findings:
            if finding.issue != "RESOURCE_STAR":
                found[address.split(".")[1], finding.issue] = str(finding)
    assert not {where: finding for where, finding in found.items() if where not in TOLERATED}
    assert set(TOLERATED) <= set(found), "a reason that no finding needs any more"
