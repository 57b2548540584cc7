"""Two instances in one account and region never meet: names, state keys, roles, buckets."""

from typing import Any

import pytest

from tests.synthesis import MINIMAL, Synthesized, synthesize

ACCOUNT_WIDE = {"aws_iam_openid_connect_provider"}
"""An account has one of GitHub: the second instance says `github.oidc_provider_exists = true`."""

NAMING = ("name", "bucket", "alarm_name", "dashboard_name")
"""Arguments that name a thing in the account, or in the world."""

INSIDE = ("kubernetes_", "helm_")
"""What lives in an instance's own cluster meets nobody."""

OF_OTHERS = {"aws_eks_addon", "aws_eks_access_policy_association"}
"""What hangs on an instance's own cluster and has AWS' own names."""


def named(stacks: dict[str, Synthesized]) -> dict[str, str]:
    """Every name that an account or the world holds once, by kind and name, with the address of its resource."""
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


def test_no_other_name_of_an_instance_can_give_the_same(names: dict[str, str]) -> None:
    """`a-b` + `c` would be `a` + `b-c`: no part may be another's end behind a hyphen, for the same kind of thing."""
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
