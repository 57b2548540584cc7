"""Rights of the deploy role: what a deployment from GitHub asks for, and what it must not reach."""

from collections.abc import Iterator

from stacks.config.model import PipelineConfig
from stacks.naming import Names
from tests.support.iam_policies import Policy, Request, allows
from tests.support.synthesis import MATRIX, MINIMAL, OIDC, Config, statements, synthesize

NAMES = Names(PipelineConfig.model_validate(MINIMAL))
CLIENT = OIDC["auth"]["oidc"]["client_secret_arn"]


def deploy_policy(config: Config) -> Policy:
    """Return the statements of all policies of the deploy role as one policy."""
    policies = synthesize(config)["bootstrap"].policies()
    return {
        "Statement": [
            statement
            for address, policy in policies.items()
            if address.startswith("aws_iam_policy.deploy-")
            for statement in statements(policy)
        ]
    }


def reads_of_the_client(secret: str) -> Iterator[Request]:
    yield Request(action="secretsmanager:GetSecretValue", resource=secret)
    key = NAMES.arn("kms", "key/1234")
    yield Request(action="kms:Decrypt", resource=key, context={"kms:EncryptionContext:SecretARN": secret})


def test_github_may_read_the_identity_providers_client() -> None:
    policy = deploy_policy(OIDC)
    assert all(allows(policy, request) for request in reads_of_the_client(CLIENT))
    assert not any(allows(policy, request) for request in reads_of_the_client(CLIENT.replace("oidc", "billing")))


def test_without_a_provider_no_other_secret_is_read() -> None:
    policy = deploy_policy(MATRIX["with-domain"])
    assert not any(allows(policy, request) for request in reads_of_the_client(CLIENT))


def test_token_secret_is_creatable_without_name_suffix() -> None:
    policy = deploy_policy(MINIMAL)
    for action in ("secretsmanager:CreateSecret", "secretsmanager:TagResource"):
        made = NAMES.arn("secretsmanager", f"secret:{NAMES.api_token_secret}-*")
        assert allows(policy, Request(action=action, resource=made))
        assert not allows(policy, Request(action=action, resource=made.replace("thumbnails/", "billing/")))
