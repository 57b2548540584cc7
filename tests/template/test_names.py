"""Two instances in one account and region never meet: names, state keys, roles, buckets, and what their roles reach."""

from fnmatch import fnmatchcase
from typing import Any

import pytest

from stacks.bootstrap.deploy_rights import TOLD_BY_TAG
from tests.support.synthesis import MINIMAL, Synthesized, as_list, statements, synthesize

ACCOUNT_WIDE = {"aws_iam_openid_connect_provider"}
"""An account has one of GitHub: the second instance says `github.oidc_provider_exists = true`."""

NAMING = ("name", "bucket", "alarm_name", "dashboard_name")
"""Arguments that name a thing in the account, or in the world."""

INSIDE = ("kubernetes_", "helm_")
"""Kinds of things inside an instance's own cluster, whose names cannot collide."""

OF_OTHERS = {"aws_eks_addon", "aws_eks_access_policy_association"}
"""Kinds of things that belong to an instance's own cluster and have names of AWS."""


def named(stacks: dict[str, Synthesized]) -> dict[str, str]:
    """Return every name that is unique in an account or the world, by kind and name, with its resource's address."""
    found = {}
    for stack in stacks.values():
        backend = stack.document["terraform"]["backend"]["s3"]
        found[f"state {backend['bucket']}/{backend['key']}"] = f"{stack.stack}: state"
        for address, resource in stack.all_resources().items():
            kind = address.partition(".")[0]
            if kind.startswith(INSIDE) or kind in ACCOUNT_WIDE | OF_OTHERS:
                continue
            for argument, value in resource.items():
                if _is_name(argument, value):
                    found[f"{kind} {value}"] = f"{stack.stack}: {address}"
    return found


def _is_name(argument: str, value: Any) -> bool:
    return argument in NAMING and isinstance(value, str) and "${" not in value


@pytest.fixture(scope="module")
def names() -> dict[str, str]:
    return named(synthesize({**MINIMAL, "name": "first-one", "domain": "example.com"}))


def test_everything_that_has_a_name_is_looked_at(names: dict[str, str]) -> None:
    kinds = {name.partition(" ")[0] for name in names}
    assert kinds >= {
        "state",
        "aws_cloudwatch_log_group",
        "aws_cloudwatch_metric_alarm",
        "aws_dynamodb_table",
        "aws_ecr_repository",
        "aws_eks_cluster",
        "aws_iam_role",
        "aws_kms_alias",
        "aws_s3_bucket",
        "aws_secretsmanager_secret",
        "aws_sns_topic",
        "aws_sqs_queue",
    }


def test_every_name_has_the_instances_name_in_it(names: dict[str, str]) -> None:
    foreign = {name: where for name, where in names.items() if "first-one" not in name and "example.com" not in name}
    assert foreign == {}


def test_names_of_two_instances_never_collide(names: dict[str, str]) -> None:
    """Check that no part ends another behind a hyphen, for one kind of thing: `a-b` + `c` would be `a` + `b-c`."""
    parts: dict[str, set[str]] = {}
    for name in names:
        kind, _, rest = name.partition(" ")
        if rest.startswith("first-one-"):
            parts.setdefault(kind, set()).add(rest.removeprefix("first-one-"))
    meeting = [
        (kind, one, other)
        for kind, ends in parts.items()
        for one in ends
        for other in ends
        if one != other and one.endswith(f"-{other}")
    ]
    assert meeting == []


def test_two_instances_share_nothing(names: dict[str, str]) -> None:
    for other in ("second-one", "first-one-worker", "first"):
        theirs = named(synthesize({**MINIMAL, "name": other, "domain": "example.org"}))
        assert not names.keys() & theirs.keys()


REGIONAL, GLOBAL = "ap-southeast-2:123456789012", ":123456789012"

ARNS = {
    "state": "arn:aws:s3:::{}",
    "aws_cloudwatch_dashboard": f"arn:aws:cloudwatch:{GLOBAL}:dashboard/{{}}",
    "aws_cloudwatch_log_group": f"arn:aws:logs:{REGIONAL}:log-group:{{}}",
    "aws_cloudwatch_metric_alarm": f"arn:aws:cloudwatch:{REGIONAL}:alarm:{{}}",
    "aws_dynamodb_table": f"arn:aws:dynamodb:{REGIONAL}:table/{{}}",
    "aws_ecr_repository": f"arn:aws:ecr:{REGIONAL}:repository/{{}}",
    "aws_eks_cluster": f"arn:aws:eks:{REGIONAL}:cluster/{{}}",
    "aws_iam_policy": f"arn:aws:iam:{GLOBAL}:policy/{{}}",
    "aws_iam_role": f"arn:aws:iam:{GLOBAL}:role/{{}}",
    "aws_kms_alias": f"arn:aws:kms:{REGIONAL}:{{}}",
    "aws_s3_bucket": "arn:aws:s3:::{}",
    "aws_secretsmanager_secret": f"arn:aws:secretsmanager:{REGIONAL}:secret:{{}}-AbCdEf",
    "aws_sns_topic": f"arn:aws:sns:{REGIONAL}:{{}}",
    "aws_sqs_queue": f"arn:aws:sqs:{REGIONAL}:{{}}",
}

PARTS = {"aws_cloudwatch_log_metric_filter", "aws_iam_role_policy", "aws_route53_zone"}
"""Named inside another resource, or by AWS: their ARN has no such name. So it is with settings of buckets."""

STAND = {
    ("KeyAlias", "aws_kms_alias"): "KMS asks for the key too, which must have the own tag",
    ("Alarms", "aws_cloudwatch_dashboard"): "dashboards have no tags: docs/security.md",
    ("Observation", "aws_cloudwatch_metric_alarm"): "the plan role, which only reads",
}
"""Reach of an instance's deploy and plan roles into an instance with a similar name, each with its reason."""


def arns_of(instance: dict[str, Synthesized]) -> list[tuple[str, str]]:
    """Return kind and ARN of everything named."""
    found = []
    for name in named(instance):
        kind, _, rest = name.partition(" ")
        if kind not in PARTS and not kind.startswith("aws_s3_bucket_"):
            found.append((kind, ARNS[kind].format(rest)))
    return found


def told_apart(statement: dict[str, Any], name: str) -> bool:
    """Return whether the statement asks for the instance's own tag or boundary, or a denial does for its services."""
    asked = statement.get("Condition", {}).get("StringEquals", {})
    if name in asked.values() or any(value.endswith(f"policy/{name}-boundary") for value in map(str, asked.values())):
        return True
    return {action.partition(":")[0] for action in as_list(statement["Action"])} <= set(TOLD_BY_TAG)


@pytest.mark.parametrize(("one", "other"), [("acme", "acme-two"), ("acme-two", "acme"), ("acme", "acmetwo")])
def test_no_role_reaches_what_another_instance_has(one: str, other: str) -> None:
    theirs = arns_of(synthesize({**MINIMAL, "name": other, "domain": "example.org"}))
    reached = {
        (statement["Sid"], kind)
        for stack in synthesize({**MINIMAL, "name": one, "domain": "example.com"}).values()
        for address, policy in stack.policies().items()
        for statement in statements(policy)
        for pattern in as_list(statement.get("Resource", []))
        for kind, arn in theirs
        if pattern != "*" and fnmatchcase(arn, pattern)
        if (kind == "aws_cloudwatch_dashboard" or not told_apart(statement, one))
    }
    assert reached == (set(STAND) if other == f"{one}-two" else set())


def test_what_has_another_instances_tag_is_denied() -> None:
    policies = synthesize({**MINIMAL, "name": "acme"})["bootstrap"].policies()
    [denial] = [
        statement
        for statement in statements(policies["aws_iam_policy.deploy-network.policy"])
        if statement["Sid"] == "NothingOfOthers"
    ]
    assert denial["Effect"] == "Deny"
    assert denial["Action"] == [f"{service}:*" for service in TOLD_BY_TAG]
    assert denial["Condition"] == {
        "StringNotEquals": {"aws:ResourceTag/pipeline": "acme"},
        "Null": {"aws:ResourceTag/pipeline": "false"},
    }
