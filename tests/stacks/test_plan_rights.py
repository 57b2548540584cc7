"""Rights of the plan role: it reads what a plan compares, and neither changes nor reads what users upload."""

import re
from typing import Any

import pytest

from stacks.config.model import PipelineConfig
from stacks.naming import Names
from tests.support.iam_policies import Policy, Request, allows
from tests.support.synthesis import MATRIX, MINIMAL, OIDC, Config, Synthesized, as_list, statements, synthesize

NAMES = Names(PipelineConfig.model_validate(MINIMAL))

READ = re.compile(r"\w[\w-]*:(Get|List|Describe)[A-Za-z*]*|kms:Decrypt")


def plan_policy(config: Config) -> Policy:
    return {"Statement": statements(synthesize(config)["bootstrap"].policies()["aws_iam_policy.plan-rights.policy"])}


@pytest.mark.parametrize("name", MATRIX)
def test_a_plan_can_only_read(name: str) -> None:
    for statement in plan_policy(MATRIX[name])["Statement"]:
        assert statement["Effect"] == "Allow"
        for action in as_list(statement["Action"]):
            assert READ.fullmatch(action), action


def test_states_are_read_and_never_locked_or_written() -> None:
    policy = plan_policy(MINIMAL)
    state = f"{NAMES.bucket_arn_of(NAMES.state_bucket)}/thumbnails/core.tfstate"
    assert allows(policy, Request(action="s3:GetObject", resource=state))
    for action in ("s3:PutObject", "s3:DeleteObject"):
        assert not allows(policy, Request(action=action, resource=state))
        assert not allows(policy, Request(action=action, resource=f"{state}.tflock"))


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObject", f"{NAMES.bucket_arn}/uploads/holiday.mp4"),
        ("s3:GetObjectVersion", f"{NAMES.bucket_arn}/uploads/holiday.mp4"),
        ("s3:GetObject", f"{NAMES.bucket_arn_of(NAMES.state_bucket)}/thumbnails-two/core.tfstate"),
        ("sqs:ReceiveMessage", NAMES.queue_arn),
        ("dynamodb:GetItem", NAMES.table_arn),
        ("dynamodb:Scan", NAMES.table_arn),
        ("secretsmanager:GetSecretValue", NAMES.arn("secretsmanager", "secret:billing/token-AbCdEf")),
        ("logs:GetLogEvents", NAMES.log_group_arn(NAMES.pods_log_group)),
        ("ecr:GetDownloadUrlForLayer", NAMES.arn("ecr", "repository/thumbnails-api")),
    ],
)
def test_what_users_upload_and_others_keep_stays_unread(action: str, resource: str) -> None:
    assert not allows(plan_policy(MINIMAL), Request(action=action, resource=resource))


def test_with_oidc_the_identity_providers_client_is_read() -> None:
    client: Any = OIDC["auth"]["oidc"]["client_secret_arn"]
    request = Request(action="secretsmanager:GetSecretValue", resource=client)
    assert allows(plan_policy(OIDC), request)
    assert not allows(plan_policy(MINIMAL), request)


def test_plan_role_sees_the_cluster_but_changes_nothing(
    synthesized: dict[str, Synthesized],
) -> None:
    granted = synthesized["core"].resources("aws_eks_access_policy_association")["plan-rights"]
    assert granted["principal_arn"] == NAMES.role_arn("plan")
    assert granted["policy_arn"].endswith("cluster-access-policy/AmazonEKSAdminViewPolicy")
