"""The bootstrap stack: repositories, GitHub's way in, and what the deploy role cannot do."""

from typing import Any

import pytest

from tests.support.synthesis import EVERYTHING, MINIMAL, OIDC, Config, Synthesized, as_list, statements, synthesize


def trust(bootstrap: Synthesized, role: str) -> dict[str, Any]:
    [statement] = statements(bootstrap.policies()[f"aws_iam_role.{role}-role.assume_role_policy"])
    condition: dict[str, Any] = statement["Condition"]
    return condition


def test_images_are_immutable_and_scanned(bootstrap: Synthesized) -> None:
    repositories = bootstrap.resources("aws_ecr_repository")
    assert {one["name"] for one in repositories.values()} == {
        "thumbnails-worker",
        "thumbnails-api",
        "thumbnails-frontend",
    }
    for repository in repositories.values():
        assert repository["image_tag_mutability"] == "IMMUTABLE"
        assert repository["image_scanning_configuration"] == {"scan_on_push": True}


@pytest.mark.parametrize(
    ("role", "trusted"),
    [
        ("build", "repo:acme/thumbnails:ref:refs/heads/main"),
        ("deploy", "repo:acme/thumbnails:environment:production"),
        ("plan", ["repo:acme/thumbnails:ref:refs/heads/main", "repo:acme/thumbnails:environment:plan"]),
    ],
)
def test_github_is_trusted_by_exact_subjects(bootstrap: Synthesized, role: str, trusted: str | list[str]) -> None:
    assert trust(bootstrap, role) == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": trusted,
        }
    }


def test_subjects_with_numbers_and_environments_are_taken_as_given() -> None:
    bootstrap = synthesize(EVERYTHING)["bootstrap"]
    subject = "token.actions.githubusercontent.com:sub"
    repository = "repo:acme@1234/thumbnails@5678"
    assert trust(bootstrap, "build")["StringEquals"][subject] == f"{repository}:ref:refs/heads/release"
    assert trust(bootstrap, "deploy")["StringEquals"][subject] == f"{repository}:environment:live"
    assert not bootstrap.resources("aws_iam_openid_connect_provider")


def test_build_role_only_pushes(bootstrap: Synthesized) -> None:
    granted = statements(bootstrap.policies()["aws_iam_role_policy.build-rights.policy"])
    assert {action.split(":")[0] for one in granted for action in one["Action"]} == {"ecr"}


def test_deploy_role_cannot_give_itself_more(bootstrap: Synthesized) -> None:
    granted = {
        statement["Sid"]: statement
        for address, policy in bootstrap.policies().items()
        if address.startswith("aws_iam_policy.deploy-")
        for statement in statements(policy)
    }
    own = granted["NotItsOwn"]
    assert own["Effect"] == "Deny"
    assert "arn:aws:iam::123456789012:role/thumbnails-deploy" in own["Resource"]
    # Nor the role of an instance named thumbnails-x.
    assert {f"arn:aws:iam::123456789012:role/thumbnails-*-{part}" for part in ("build", "deploy", "plan")} <= set(
        own["Resource"]
    )
    boundary = "arn:aws:iam::123456789012:policy/thumbnails-boundary"
    for statement in granted.values():
        grants = {"iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"} & set(as_list(statement["Action"]))
        if grants and statement["Effect"] == "Allow":
            assert statement["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": boundary}}


def test_the_boundary_allows_nothing_with_identities(bootstrap: Synthesized) -> None:
    allowed = {
        action
        for statement in statements(bootstrap.policies()["aws_iam_policy.boundary.policy"])
        for action in statement["Action"]
    }
    identities = {action for action in allowed if action.split(":")[0] in {"iam", "sts", "organizations"}}
    assert identities == {"iam:CreateServiceLinkedRole", "iam:ListServerCertificates"}
    assert "*" not in allowed


def test_the_state_bucket_is_not_made_here() -> None:
    assert not synthesize(MINIMAL)["bootstrap"].resources("aws_s3_bucket")


LONGEST_NAMES: Config = {
    **MINIMAL,
    "name": "a" * 20,
    "domain": "example.com",
    "certificate": True,
    "region": "us-gov-west-1",
    "state_bucket": "b" * 63,
    "storage": {"bucket_name": "c" * 63, "test_source_bucket_name": "d" * 63},
    "auth": {
        "mode": "oidc",
        "oidc": {
            **OIDC["auth"]["oidc"],
            "client_secret_arn": f"arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:{'e' * 100}-AbCdEf",
        },
    },
}


def test_policies_fit_with_the_longest_names() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    stacks = synthesize(LONGEST_NAMES)
    for name, policy in stacks["bootstrap"].resources("aws_iam_policy").items():
        assert len("".join(policy["policy"].split())) <= 6144, name
    for name, policy in stacks["core"].resources("aws_iam_role_policy").items():
        assert len("".join(policy["policy"].split())) <= 10_240, name
